"""What makes a process one of several workers: its name in the log, and that it ends with the one that started it."""

import asyncio
import sys

import structlog

from chassis.settings import ServiceSettings
from chassis.workers.settings import WorkersSettings


def join_workers(settings: ServiceSettings, stop: asyncio.Event) -> None:
    """Have `stop` set when the process ends that started this worker, however it does; nothing in one that is alone."""
    if not isinstance(settings, WorkersSettings) or settings.worker is None:
        return
    structlog.contextvars.bind_contextvars(worker=settings.worker)
    loop, supervisor = asyncio.get_running_loop(), sys.stdin.fileno()

    def gone() -> None:
        loop.remove_reader(supervisor)
        stop.set()

    loop.add_reader(supervisor, gone)
