"""A block of code that is given so long and no longer, by any clock."""

import asyncio
import math
from types import TracebackType
from typing import Self

from resilience.clock import Clock, Timer

_ROUNDING = 1e-6
"""Seconds; a timer that comes so little too early came in time."""


class Timeout:
    """`async with Timeout(clock, seconds):` cancels what is inside after `seconds` and then raises TimeoutError.

    It is asyncio.timeout on a Clock, with a deadline that may be moved for each token of a stream: a timer that finds
    it moved on only sets itself anew, so that `extend` costs an addition. None for `seconds` is no limit, until
    `extend` sets one. A cancellation from outside stays one, whichever came first, by the counting of Task.uncancel.
    It is used once, and its time begins when it is made.
    """

    __slots__ = ("_cancelling", "_clock", "_deadline", "_expired", "_rings_at", "_task", "_timer")

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self._clock = clock
        self._deadline = math.inf if seconds is None else clock.monotonic() + seconds
        self._rings_at = math.inf
        self._timer: Timer | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0
        self._expired = False

    @property
    def expired(self) -> bool:
        """Whether the time was over before the block was left; true from the moment it is cancelled on."""
        return self._expired

    def extend(self, seconds: float) -> None:
        """End `seconds` from now, be it later or earlier than before; without effect outside the block."""
        self._deadline = deadline = self._clock.monotonic() + seconds
        if deadline < self._rings_at and self._task is not None and not self._expired:
            self._set(seconds)

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a timeout is used inside a task")
        self._task = task
        self._cancelling = task.cancelling()
        if self._deadline < math.inf:
            self._set(self._deadline - self._clock.monotonic())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # Uncancel even where the block swallowed the cancellation: it was ours.
        if (
            self._expired
            and task is not None
            and task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise TimeoutError from error

    def _set(self, seconds: float) -> None:
        """Ring in `seconds`, and not when it was to ring before."""
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = self._deadline
        self._timer = self._clock.call_later(seconds, self._ring)

    def _ring(self) -> None:
        """The timer: the time is over, unless the deadline was moved on since it was set."""
        self._timer = None
        if self._task is None:
            return
        left = self._deadline - self._clock.monotonic()
        if left > _ROUNDING:
            self._set(left)
            return
        self._expired = True
        self._task.cancel()
