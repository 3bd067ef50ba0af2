"""What ties a worker to the process that started it."""

import asyncio
import sys

from chassis.settings import ServiceSettings


def end_with_supervisor(settings: ServiceSettings, stop: asyncio.Event) -> None:
    """In one of several workers, have `stop` set when the process ends that started it, however it does."""
    if not settings.shares_ports:
        return
    loop, supervisor = asyncio.get_running_loop(), sys.stdin.fileno()

    def gone() -> None:
        loop.remove_reader(supervisor)
        stop.set()

    loop.add_reader(supervisor, gone)
