"""One process that `up` owns: its log, its end, and its last words."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.embedded.log_lines import readable
from cli.problem import Problem

LAST_LINES = 12
ANNOUNCEMENT_TIMEOUT = 20.0
STOP_TIMEOUT = 12.0
"""Seconds that a process may take to stop before it is killed; longer than SEAWALL_DRAIN_TIMEOUT here."""

_LAUNCHER = Path(__file__).with_name("launcher.py")


AS_IN_IMAGES = {"PYTHONUNBUFFERED": "1", "PYTHONNODEBUGRANGES": "1"}
"""Lines of a log are there at once; tracebacks name lines and no columns, which saves half a megabyte."""


@dataclass(frozen=True)
class Program:
    """How to run a child: a Python module, its arguments, and its environment beside ours."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    health_url: str = ""
    """Answers 200 when it can serve; empty where it announces itself instead."""
    restartable: bool = True


class Child:
    """A program that may be started again; its output is appended to its log."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        """The program's."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process is not None else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.returncode if self._process is not None else None

    async def start(self, *, announces: bool = False) -> dict[str, Any]:
        """Start it, outside the terminal's process group: Ctrl-C is `up`'s to hear, not everybody's at once.

        Where it `announces`, return the line of JSON that it prints first. Raises Problem where it prints none.
        """
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())),
                *(sys.executable, "-m", self.program.module, *self.program.arguments),
                env={**os.environ, **self.program.environment, **AS_IN_IMAGES},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if announces else log,
                stderr=log,
                start_new_session=True,
            )
        if not announces:
            return {}
        return await self._announcement()

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to stop; kill it where it does not."""
        if self._process is None or self._process.returncode is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """End it now, with what it started."""
        self._signal(signal.SIGKILL)

    def last_words(self) -> list[str]:
        """The last lines of its log."""
        try:
            with self.log.open(errors="replace") as lines:
                return [readable(line.rstrip()) for line in deque(lines, LAST_LINES)]
        except OSError:
            return []

    async def _announcement(self) -> dict[str, Any]:
        line = b""
        if self._process is not None and self._process.stdout is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANNOUNCEMENT_TIMEOUT):
                    line = await self._process.stdout.readline()
        try:
            announced = json.loads(line)
        except ValueError as error:
            raise failed(self) from error
        return announced if isinstance(announced, dict) else {}

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def failed(child: Child) -> Problem:
    """What to say of a child that did not come up, or did not stay."""
    how = f"ended with status {child.exit_code}" if child.exit_code is not None else "did not become ready"
    return Problem(
        "process_failed",
        "\n".join([f"{child.name} {how}. The end of {child.log}:", *(f"  {line}" for line in child.last_words())]),
        hint="Correct what it complains of, then run `seawall up` again.",
    )
