"""A child process that a test owns: it cannot outlive the test, and what it said is kept for when it fails."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.stack.eventually import PATIENCE, eventually

LAST_LINES = 30


class OwnedProcess:
    """One command that is started, stopped, killed and started again; its output is appended to `log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        kill_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self._command = [*leash(user), *command]
        self._log = log
        self._environment = dict(environment) if environment is not None else None
        self._stop_signal = stop_signal
        self._kill_signal = kill_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id; a RuntimeError when it has not been started."""
        if self._process is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Start the command; it is not waited for until it serves."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already, as process {self.pid}")
        # From this thread, not a worker's: the leash tears when the thread that started the child ends.
        self._process = self._spawn()

    async def stop(self, within: float = PATIENCE) -> None:
        """Ask it to end and wait; one that does not end within `within` seconds is killed, and that is an error."""
        await self._end(self._stop_signal, within)

    async def kill(self, within: float = PATIENCE) -> None:
        """End it without giving it a chance to finish anything."""
        await self._end(self._kill_signal, within)

    async def discard(self) -> None:
        """End it for good, whatever state it is in."""
        if self.running:
            await self._end(signal.SIGKILL, PATIENCE)

    def last_words(self) -> str:
        """The last lines of its output, for the report of a failure."""
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join(lines[-LAST_LINES:]) or "(it said nothing)"

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )

    async def _end(self, how: signal.Signals, within: float) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            await eventually(lambda: process.poll() is not None, within, every=0.02)
        except AssertionError:
            os.killpg(process.pid, signal.SIGKILL)
            await asyncio.to_thread(process.wait, PATIENCE)
            raise RuntimeError(
                f"{self.name} did not end within {within:g} s of {how.name}; it said:\n{self.last_words()}"
            ) from None


def leash(user: str | None = None) -> list[str]:
    """The start of a command that runs as `user` and dies with this process, even when this one is killed."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if user is not None:
            raise RuntimeError(f"setpriv (util-linux) is needed to run a command as {user}")
        return []
    become = ["--reuid", user, "--regid", user, "--init-groups"] if user is not None else []
    return [setpriv, *become, "--pdeathsig", "KILL", "--"]
