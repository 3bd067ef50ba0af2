"""Starts a service's workers, starts those anew that die, and passes on that the service is to stop."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence

import structlog

from chassis.address import split_address
from chassis.logging import configure_logging
from chassis.settings import EXIT_BAD_SETTINGS, EXIT_FAILED, read_settings
from chassis.workers.kept_page import forget_pages
from chassis.workers.settings import WorkersSettings
from resilience.clock import Clock, SystemClock

log = structlog.stdlib.get_logger("workers")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
"""Seconds before a worker that died is started again: the first time, and at most; each time twice as long."""
STEADY = 60.0
"""Seconds after which a worker that dies is one that had worked; on a busy machine the start alone takes many."""
MOST_DEATHS = 5
"""In a row, none of them steady: the service ends, for somebody to see it."""
GRACE = 5.0
"""Seconds that workers have to end beyond those that they give themselves."""


def supervise(name: str, settings_type: type[WorkersSettings]) -> None:
    """Return in a worker, and where there is to be one process alone; else run the workers, and exit after them.

    What is called then is imported by workers only: this process stays small. Exits with 0 where all workers did, with
    1 where one failed again and again or did not end well, with 2 where the settings are wrong.
    """
    _read_arguments(name)
    settings = read_settings(settings_type)
    if settings.workers == 1 or settings.worker is not None:
        return
    configure_logging(name, level=settings.log_level, format=settings.log_format)
    command = [sys.executable, *sys.orig_argv[1:]]
    healthy = asyncio.run(Supervisor(command, settings, SystemClock()).run())
    sys.exit(0 if healthy else EXIT_FAILED)


class Supervisor:
    """Keeps `settings.workers` processes of `command` running; each is told by its environment which one it is.

    A worker's standard input ends with this process, and the worker with it.
    """

    def __init__(self, command: Sequence[str], settings: WorkersSettings, clock: Clock) -> None:
        self._command = command
        self._settings = settings
        self._clock = clock
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> bool:
        """Until SIGTERM, SIGINT, or a worker that cannot live; tells whether all ended well."""
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, self._stopping.set)
        if not _are_free(self._settings):
            return False
        forget_pages(self._settings.data_dir)
        workers = [asyncio.create_task(self._keep(number)) for number in range(self._settings.workers)]
        await self._stopping.wait()
        log.info("stopping", workers=len(self._running))
        for process in self._running.values():
            process.terminate()
        _, late = await asyncio.wait(workers, timeout=self._settings.drain_delay + self._settings.drain_timeout + GRACE)
        if late:
            log.error("workers did not end", workers=sorted(self._running))
            for process in self._running.values():
                process.kill()
        return all(await asyncio.gather(*workers))

    async def _keep(self, number: int) -> bool:
        """Have one worker until the service stops; tells whether it ended well."""
        deaths = 0
        while not self._stopping.is_set():
            started = self._clock.monotonic()
            status = await self._live(number)
            if self._stopping.is_set():
                return status in (0, -signal.SIGTERM)  # the latter before it could listen to signals
            lived = self._clock.monotonic() - started
            deaths = 1 if lived >= STEADY else deaths + 1
            log.error("a worker died", worker=number, status=status, lived=round(lived, 3))
            if deaths == MOST_DEATHS or status == EXIT_BAD_SETTINGS:
                log.critical("a worker cannot live; the service ends", worker=number, deaths=deaths)
                self._stopping.set()
                return False
            await self._pause(min(FIRST_PAUSE * 2 ** (deaths - 1), LONGEST_PAUSE))
        return True

    async def _live(self, number: int) -> int:
        """One life of a worker; its exit status."""
        environment = {**os.environ, "SEAWALL_WORKER": str(number)}
        process = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE, env=environment)
        self._running[number] = process
        log.info("worker started", worker=number, pid=process.pid)
        if self._stopping.is_set():
            process.terminate()
        try:
            return await process.wait()
        finally:
            del self._running[number]

    async def _pause(self, seconds: float) -> None:
        pause = asyncio.ensure_future(self._clock.sleep(seconds))
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([pause, stop], return_when=asyncio.FIRST_COMPLETED)
        pause.cancel()
        stop.cancel()


def _read_arguments(name: str) -> None:
    """Take the command line as what it stands for, variables of the environment."""
    if len(sys.argv) == 1:
        return
    import argparse  # noqa: PLC0415 - most have nothing to say, and it stays in memory for as long as the service lives

    parser = argparse.ArgumentParser(prog=f"python -m services.{name}", allow_abbrev=False)
    parser.add_argument("--workers", metavar="N", help="processes that serve side by side (SEAWALL_WORKERS)")
    if (workers := parser.parse_args().workers) is not None:
        os.environ["SEAWALL_WORKERS"] = workers


def _are_free(settings: WorkersSettings) -> bool:
    """Whether nobody listens at the addresses; workers would share a port with strangers without an error."""
    for address in settings.shared_addresses:
        host, port = split_address(address)
        try:
            found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
            with socket.socket(*found[:3]) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(found[4])
        except OSError as error:
            log.error("workers cannot listen", address=address, error=str(error))  # noqa: TRY400 - the trace says nothing more
            return False
    return True
