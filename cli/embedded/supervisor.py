"""Starts children in order, notices when one ends, and stops all of them in reverse, whatever happens."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cli.embedded.child import Child, Program, failed
from resilience.clock import Clock

MAX_RESTARTS = 3
"""For each child, over the whole run: what dies more often is broken, and hiding that helps nobody."""
RESTART_DELAY = 0.5
"""Seconds."""


class Supervisor:
    """An async context manager: no child outlives it."""

    def __init__(self, logs: Path, tell: Callable[[str], None], clock: Clock) -> None:
        self._logs = logs
        self._tell = tell
        self._clock = clock
        self._children: list[Child] = []

    @property
    def children(self) -> tuple[Child, ...]:
        """In the order of starting."""
        return tuple(self._children)

    async def start(self, program: Program, *, announces: bool = False) -> dict[str, Any]:
        """Start a child; see Child.start."""
        child = Child(program, self._logs / f"{program.name}.log")
        self._children.append(child)
        child.log.unlink(missing_ok=True)
        return await child.start(announces=announces)

    async def watch(self) -> None:
        """Restart children that end, and raise Problem for one that cannot be helped; otherwise never return."""
        watches = [asyncio.create_task(self._keep_alive(child)) for child in self._children]
        try:
            await asyncio.gather(*watches)
        finally:
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)

    async def ended(self) -> Child:
        """The first child that ends: while all are starting, none may."""
        waits = {asyncio.create_task(child.wait()): child for child in self._children}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return waits[done.pop()]
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def kill(self) -> None:
        """End every child now."""
        for child in self._children:
            child.kill()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for child in reversed(self._children):
            await child.stop()

    async def _keep_alive(self, child: Child) -> None:
        while True:
            status = await child.wait()
            if not child.program.restartable or child.restarts == MAX_RESTARTS:
                raise failed(child)
            child.restarts += 1
            self._tell(
                f"{child.name} ended with status {status}; "
                f"restart {child.restarts} of {MAX_RESTARTS} (log: {child.log})"
            )
            await self._clock.sleep(RESTART_DELAY)
            await child.start()
