"""Plays a script's steps when they are due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from simulator.scripts.script import Script, Step

Perform = Callable[[Step], Awaitable[None]]
Heal = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


class Player:
    """Plays `script` from the moment it is made; a step that fails ends it, and is told in `state`."""

    def __init__(self, script: Script, perform: Perform, heal: Heal) -> None:
        self._script = script
        self._perform = perform
        self._heal = heal
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._performed = 0
        self._error: str | None = None
        self._task = self._loop.create_task(self._play())

    def state(self) -> dict[str, object]:
        """Return JSON-able values: the script, seconds since its start, steps performed, whether it runs, its error."""
        return {
            "script": self._script.model_dump(mode="json", exclude_none=True),
            "seconds": round(self._loop.time() - self._started, 3),
            "performed": self._performed,
            "running": not self._task.done(),
            "error": self._error,
        }

    async def stop(self) -> None:
        """Perform no further step."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _play(self) -> None:
        try:
            for when, step in self._script.schedule():
                await self._wait_until(when)
                await self._perform(step)
                self._performed += 1
            if self._script.duration is not None:
                await self._wait_until(self._script.duration)
                await self._heal()
        except OSError as problem:
            # All that can fail is coming up: somebody took the port.
            self._error = str(problem)
            log.exception("script %r ended after %d steps", self._script.name, self._performed)

    async def _wait_until(self, when: float) -> None:
        # From the start, so that what the steps themselves take does not add up.
        await asyncio.sleep(max(0.0, self._started + when - self._loop.time()))
