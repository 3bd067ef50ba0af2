"""The life of a service process: settings, composition root, serve, drain, close in reverse."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import structlog
import uvloop

from chassis import garbage
from chassis.health import Health
from chassis.logging import configure_logging
from chassis.settings import EXIT_FAILED, S, read_settings
from chassis.tasks import Background, end
from chassis.telemetry import telemetry
from chassis.workers.leash import join_workers
from resilience.clock import Clock, SystemClock

log = structlog.stdlib.get_logger("lifecycle")

PATIENCE = 10.0
"""Seconds after which a worker listens that is not ready, for those who ask about its health."""


class Service:
    """What a composition root builds on.

    What it enters on `stack` is closed in reverse when the service stops, so it enters first what others use, and the
    servers that take work last: they stop taking it first.
    """

    def __init__(self, name: str, stack: AsyncExitStack, background: Background) -> None:
        self.name = name
        self.stack = stack
        self.background = background
        self.health = Health()
        self.clock: Clock = SystemClock()

    def start(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `run()` in the background; it ends before what was entered on `stack` until now is closed."""
        self.stack.push_async_callback(end, self.background.start(name, run))

    async def settled(self) -> None:
        """Return once nothing is unmet but that it was not started yet, or after `PATIENCE` seconds.

        One of several workers awaits it before it listens: nobody is sent to it who another one could answer.
        """
        until = self.clock.monotonic() + PATIENCE
        while self.health.unmet.keys() - {"start"} and self.clock.monotonic() < until:
            await self.clock.sleep(0.05)


Build = Callable[[S, Service], Awaitable[None]]


def run(name: str, settings_type: type[S], build: Build[S]) -> None:
    """Run a service until SIGTERM or SIGINT; exit with 0, with 1 if it failed, with 2 if its settings are wrong."""
    settings = read_settings(settings_type)
    configure_logging(name, level=settings.log_level, format=settings.log_format)
    with telemetry(
        name,
        otlp_endpoint=settings.otlp_endpoint,
        sample_ratio=settings.trace_sample_ratio,
        of_several=settings.shares_ports,
    ):
        healthy = uvloop.run(_live(name, settings, build))
    sys.exit(0 if healthy else EXIT_FAILED)


async def _live(name: str, settings: S, build: Build[S]) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    join_workers(settings, stop)

    stack = AsyncExitStack()
    background = await stack.enter_async_context(Background())
    service = Service(name, stack, background)
    healthy = False
    try:
        await build(settings, service)
        garbage.after_start_up()
        service.health.started()
        log.info("started", grpc=settings.grpc_address, http=settings.http_address)
        healthy = await _first(stop, background.failed) is stop
        log.info("stopping", because="told to" if healthy else "a background task failed")
        service.health.draining()
        await service.clock.sleep(settings.drain_delay)
    finally:
        healthy = await _close(stack, settings.drain_timeout) and healthy
    log.info("stopped")
    return healthy


async def _first(*events: asyncio.Event) -> asyncio.Event:
    """The first of `events` that is set."""
    waits = {asyncio.create_task(event.wait()): event for event in events}
    done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return waits[done.pop()]


async def _close(stack: AsyncExitStack, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            await stack.aclose()
    except TimeoutError:
        log.error("did not drain in time", seconds=within)  # noqa: TRY400 - the trace says nothing more
        return False
    return True
