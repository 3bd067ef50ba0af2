"""Processes that the bench runs, and what they take, as the kernel counts it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from cli.embedded import launcher

START_TIMEOUT = 10.0
"""Seconds that a process may take to listen, or to say where it does."""
STOP_TIMEOUT = 30.0
"""Seconds that a process may take to end before it is killed."""
_SCHEDULED = 2
"""The low bits of the number of a process's clock of CPU time; see clock_getcpuclockid(3)."""


@asynccontextmanager
async def spawned(
    *command: str, environment: Mapping[str, str] | None = None, output: int | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that runs while entered, and ends with this one however this one ends. `output`: as of subprocess."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), *command),
        stdout=output,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def announced(process: asyncio.subprocess.Process, within: float = START_TIMEOUT) -> str:
    """The line that a process prints first; empty where it ended instead. Raises TimeoutError."""
    assert process.stdout is not None
    async with asyncio.timeout(within):
        return (await process.stdout.readline()).decode().strip()


async def listening(port: int) -> None:
    """Return when somebody listens on a port of this machine. Raises TimeoutError."""
    async with asyncio.timeout(START_TIMEOUT):
        while True:
            with suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads included, to the nanosecond. Raises OSError where it ended."""
    return time.clock_gettime((~pid << 3) | _SCHEDULED)


def resident_mb(pid: int) -> float:
    """Megabytes (2^20 bytes) of memory in use."""
    return _megabytes(Path(f"/proc/{pid}/status"), "VmRSS")


def proportional_mb(pid: int) -> float:
    """Megabytes of memory in use, what is shared with other processes divided among them."""
    return _megabytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss")


def highest_mb(pid: int) -> float:
    """Megabytes of memory in use when it was most, since the process began or its highest was forgotten."""
    return _megabytes(Path(f"/proc/{pid}/status"), "VmHWM")


def forget_highest(pid: int) -> None:
    """Begin anew with what is in use now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def children(pid: int) -> Mapping[str, int]:
    """Command line → pid of each child of a process."""
    return {_command(child): child for child in _children(pid)}


def tree(pid: int) -> tuple[int, ...]:
    """A process, its children, and theirs."""
    return (pid, *(below for child in _children(pid) for below in tree(child)))


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()


def _megabytes(file: Path, name: str) -> float:
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0
