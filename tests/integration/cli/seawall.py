"""The `seawall` command as a person runs it: a process with arguments, output and an exit code."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stack.eventually import eventually
from tests.stack.ports import OWN

COMMAND = (sys.executable, "-m", "cli.main")
READY_WITHIN = 90.0
"""Seconds; on an idle machine it is less than ten, but tests share theirs."""
STOPPED_WITHIN = 60.0


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    exit_code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.exit_code == 0, self
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """Ours without what would lead a command elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SEAWALL_") and name not in {"OPENAI_API_KEY", "FORCE_COLOR"}
    }
    ports = f"{OWN.start}-{OWN.stop - 1}"
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[3]), "SEAWALL_UP_PORT_RANGE": ports, **more}


async def seawall(*arguments: str, stdin: str = "", cwd: Path | None = None, **more: str) -> Said:
    """Run a command to its end; `more` are environment variables."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        env=environment(**more),
        cwd=cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate(stdin.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Said(process.returncode or 0, out.decode(), err.decode())


class Up:
    """A running `seawall up`."""

    def __init__(self, process: asyncio.subprocess.Process, directory: Path, told: dict[str, str]) -> None:
        self.process = process
        self.directory = directory
        self.told = told

    async def run(self, *arguments: str, **options: Any) -> Said:
        """A command beside it, which finds it by the data directory."""
        return await seawall(*arguments, "--data-dir", str(self.directory), **options)

    def children(self) -> dict[int, str]:
        """Process id → command line of all that it started and that still lives."""
        return processes_of(self.directory)

    async def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Its exit code, after all that it started has ended."""
        self.process.send_signal(how)
        code = await asyncio.wait_for(self.process.wait(), STOPPED_WITHIN)
        await eventually(lambda: not self.children(), STOPPED_WITHIN)
        return code


def processes_of(directory: Path) -> dict[int, str]:
    """Processes whose standard error is a log of `directory`'s, `up` itself left out."""
    logs = str(directory / "logs")
    found = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if str((process / "fd" / "2").readlink()).startswith(logs):
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
    return found


@asynccontextmanager
async def up(directory: Path, *arguments: str, **more: str) -> AsyncIterator[Up]:
    """A `seawall up` on free ports that is ready; it is stopped on exit where it still runs."""
    said = directory.parent / f"{directory.name}.stderr"
    with said.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("up", "--json", "--data-dir", str(directory), "--http-port", "0", "--grpc-port", "0"),
            *arguments,
            env=environment(**more),
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN)
        assert line, said.read_text()
        yield Up(process, directory, json.loads(line))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), STOPPED_WITHIN)
