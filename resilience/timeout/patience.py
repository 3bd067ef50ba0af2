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

    __slots__ = ("_clock", "_due", "_fires", "_over", "_task", "_timer")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timer: Timer | None = None
        self._fires = 0.0
        self._due = 0.0
        self._task: asyncio.Task[Any] | None = None
        self._over = False

    async def wait(self, awaitable: Awaitable[T], seconds: float) -> T:
        """Its result; raises TimeoutError where it takes longer, having cancelled it."""
        task = asyncio.current_task()
        assert task is not None, "called from a task"  # noqa: S101
        now = self._clock.monotonic()
        self._due = now + seconds
        self._task = task
        self._over = False
        cancelling = task.cancelling()
        if self._timer is None or self._fires > self._due:
            self._set(seconds, now)
        try:
            return await awaitable
        except asyncio.CancelledError:
            # A cancellation from elsewhere at the same time is not ours to swallow.
            if self._over and task.uncancel() <= cancelling:
                raise TimeoutError from None
            raise
        finally:
            self._task = None

    def close(self) -> None:
        """No timer is left."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, seconds: float, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fires = now + seconds
        self._timer = self._clock.call_later(seconds, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._task is None:
            return  # nobody waits now; the next wait sets it again
        now = self._clock.monotonic()
        if now < self._due:
            self._set(self._due - now, now)
        else:
            self._over = True
            self._task.cancel()
