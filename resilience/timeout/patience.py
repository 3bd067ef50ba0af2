"""Waiting again and again, each time only so long, for the price of one timer."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from resilience.clock import Clock, Timer

T = TypeVar("T")


class Patience:
    """Bounds the waits of one task, one after another; close it after the last.

    A timer per wait would be made and thrown away for every token of a stream. Here one timer stands over all of
    them: where it fires early it looks when the wait at hand must be over, and is set again.
    """

    __slots__ = ("_cancelling", "_clock", "_due", "_fires", "_loop", "_over", "_task", "_timer")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._timer: Timer | None = None
        self._fires = 0.0
        self._due = 0.0
        self._task: asyncio.Task[Any] | None = None
        self._over = False
        self._cancelling = 0

    async def wait(self, awaitable: Awaitable[T], until: float) -> T:
        """Its result; raises TimeoutError where it is not there at `until`, having cancelled it.

        `until` is on the clock's monotonic time.
        """
        task = asyncio.current_task(self._loop)  # which looks the loop up where it is not told
        assert task is not None, "called from a task"  # noqa: S101
        self._due = until
        self._task = task
        if self._timer is None or self._fires > until:
            self._set(until)
        try:
            return await awaitable
        except asyncio.CancelledError:
            # A cancellation from elsewhere at the same time is not ours to swallow.
            if self._over and task.uncancel() <= self._cancelling:
                raise TimeoutError from None
            raise
        finally:
            self._task = None
            self._over = False

    def close(self) -> None:
        """No timer is left."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, fires: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fires = fires
        self._timer = self._clock.call_later(fires - self._clock.monotonic(), self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._task is None:
            return  # nobody waits now; the next wait sets it again
        if self._clock.monotonic() < self._due:
            self._set(self._due)
        else:
            self._over = True
            self._cancelling = self._task.cancelling()
            self._task.cancel()
