"""Time as everything here is given it, so that behaviour is tested on a virtual clock."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Do not call; may be called twice, and after the call."""
        ...


class Clock(Protocol):
    """Where a component reads the time and waits."""

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""
        ...

    def now(self) -> datetime:
        """The wall's time, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once, but after one turn of the loop, where they are not positive."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Have the running loop call `callback` after `seconds`; it must neither block nor raise."""
        ...


class SystemClock:
    """The machine's own clock."""

    # Read many times a request: nothing of ours stands between.
    monotonic = staticmethod(time.monotonic)
    now = staticmethod(partial(datetime.now, UTC))

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        await asyncio.sleep(max(seconds, 0.0))

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """See Clock."""
        return asyncio.get_running_loop().call_later(max(seconds, 0.0), callback)


class VirtualClock:
    """A clock that moves only when it is told to: for tests and simulations."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, _VirtualTimer]] = []

    def monotonic(self) -> float:
        """See Clock."""
        return self._elapsed

    def now(self) -> datetime:
        """See Clock."""
        return self._start + timedelta(seconds=self._elapsed)

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: None if wake.done() else wake.set_result(None))
        try:
            await wake
        finally:
            timer.cancel()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """See Clock."""
        timer = _VirtualTimer(callback)
        heapq.heappush(self._timers, (self._elapsed + max(seconds, 0.0), next(self._order), timer))
        return timer

    async def advance(self, seconds: float) -> None:
        """Move `seconds` on, waking each sleeper and calling each timer at its own time and in its order."""
        until = self._elapsed + seconds
        await _settle()
        while self._timers and self._timers[0][0] <= until:
            self._elapsed, _, timer = heapq.heappop(self._timers)
            if timer.fire():
                await _settle()
        self._elapsed = until
        await _settle()


class _VirtualTimer:
    """See Timer."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """See Timer."""
        self._callback = None

    def fire(self) -> bool:
        """Call once; tells whether there was anything to call."""
        callback, self._callback = self._callback, None
        if callback is None:
            return False
        callback()
        return True


async def _settle() -> None:
    """Let every task that can run do so, until it waits again; chains of a few awaits are followed."""
    for _ in range(20):
        await asyncio.sleep(0)
