"""Wakes somebody who waits for work."""

import asyncio

from resilience.clock import Clock


class Bell:
    """Rung by whoever makes work, waited for by whoever does it."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There is work."""
        self._rung.set()

    def clear(self) -> None:
        """Forget that it was rung; then look for work, and only then wait."""
        self._rung.clear()

    async def wait(self, clock: Clock, *, at_most: float) -> None:
        """Return when it is rung, or after `at_most` seconds."""
        tasks = (asyncio.create_task(self._rung.wait()), asyncio.create_task(clock.sleep(at_most)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
