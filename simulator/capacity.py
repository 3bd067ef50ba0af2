"""How many answers a vendor gives at once: the others wait their turn, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Self


class FullError(Exception):
    """There is no slot, and no place to wait for one."""


class Turn:
    """A call's place: in the queue until `granted` is done, then in a slot; given back on leaving `with`."""

    def __init__(self, capacity: Capacity, granted: asyncio.Future[None]) -> None:
        self._capacity = capacity
        self.granted = granted

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._capacity.leave(self.granted)


class Capacity:
    """`slots` answers at once (None: any number), and `queue` calls that wait for one."""

    def __init__(self, slots: int | None, queue: int) -> None:
        self._slots = slots
        self._queue = queue
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._waiting)

    def enter(self) -> Turn:
        """Take a slot, or a place in the queue; raises FullError where neither is free."""
        granted = asyncio.get_running_loop().create_future()
        if self._slots is None or self._taken < self._slots:
            self._taken += 1
            granted.set_result(None)
        elif len(self._waiting) < self._queue:
            self._waiting.append(granted)
        else:
            raise FullError
        return Turn(self, granted)

    def leave(self, granted: asyncio.Future[None]) -> None:
        """Give back a slot to who waits longest, or a place in the queue."""
        if not granted.done():
            self._waiting.remove(granted)
        elif self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._taken -= 1
