"""Work that several wait for: what it makes reaches each of them, whenever they came, and it ends with the last."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from chassis.tasks import end
from resilience.clock import Clock
from resilience.errors import Failure, Reason

T = TypeVar("T")

Put = Callable[[T], Awaitable[None]]


class Flight(Generic[T]):
    """Runs `work`, a call that is given `put`, as a task while anybody watches.

    What was put is kept for those who come later, up to `limit` in sum of `size`. Beyond it nobody may come any more
    (`open` is False), and `put` waits for the slowest watcher. The watcher who leaves last cancels the work, and
    returns once it has ended. Begin to watch in the same turn of the loop that made it, or it is never started.
    """

    def __init__(
        self, work: Callable[[Put[T]], Awaitable[None]], clock: Clock, *, size: Callable[[T], int], limit: int
    ):
        self.clock = clock
        self._work = work
        self._size = size
        self._limit = limit
        self._items: list[T] = []
        self._dropped = 0
        self._held = 0
        self._watches: set[Watch[T]] = set()
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._open = True
        self._ended = False
        self._error: Exception | None = None

    @property
    def open(self) -> bool:
        """Whether one who comes now gets all of it."""
        return self._open

    def watch(self) -> "Watch[T]":
        """See what is made, from its beginning; a context manager, whose exit leaves. Only while it is open."""
        watch = Watch(self)
        self._watches.add(watch)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="flight")
        return watch

    async def landed(self) -> None:
        """Return once the work has ended, however it did."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    def at(self, position: int) -> T | None:
        """The item at `position`; None where it is not made yet, or never will be, which `over` tells."""
        index = position - self._dropped
        return self._items[index] if index < len(self._items) else None

    def over(self, position: int) -> bool:
        """Whether nothing comes at `position`. Raises what the work raised."""
        if not self._ended or position < self._dropped + len(self._items):
            return False
        if self._error is not None:
            raise self._error.with_traceback(None)
        return True

    def moved(self) -> None:
        """A watcher has read on."""
        if not self._open:
            self._drop()

    async def leave(self, watch: "Watch[T]") -> None:
        """Go; the last one ends the work."""
        self._watches.discard(watch)
        self.moved()
        if not self._watches and self._task is not None and not self._task.done():
            self._open = False
            await end(self._task)

    async def _run(self) -> None:
        try:
            await self._work(self._put)
        except asyncio.CancelledError:
            self._error = Failure(Reason.CANCELLED, "The work that this request shared was ended.", retryable=True)
            raise
        except Exception as error:  # noqa: BLE001 - each watcher raises it
            self._error = error
        finally:
            self._ended = True
            self._wake()

    async def _put(self, item: T) -> None:
        self._items.append(item)
        self._held += self._size(item)
        self._wake()
        while self._held > self._limit:
            self._open = False
            self._room.clear()
            self._drop()
            await self._room.wait()

    def _drop(self) -> None:
        """Forget what every watcher has read."""
        least = min((watch.position for watch in self._watches), default=self._dropped + len(self._items))
        count = least - self._dropped
        if count > 0:
            self._held -= sum(map(self._size, self._items[:count]))
            del self._items[:count]
            self._dropped = least
            self._room.set()

    def _wake(self) -> None:
        for watch in self._watches:
            watch.wake()


class Watch(Generic[T]):
    """One of those who wait for a flight."""

    def __init__(self, flight: Flight[T]) -> None:
        self.position = 0
        self._flight = flight
        self._waiting: asyncio.Future[None] | None = None

    async def next(self, until: float | None = None) -> T | None:
        """The next item; None after the last.

        Raises what the work raised, or TimeoutError where nothing comes `until` then, on the monotonic clock.
        """
        while (item := self._flight.at(self.position)) is None:
            if self._flight.over(self.position):
                return None
            await self._change(until)
        self.position += 1
        self._flight.moved()
        return item

    def wake(self) -> None:
        """Something has changed."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._flight.leave(self)

    async def _change(self, until: float | None) -> None:
        clock = self._flight.clock
        if until is not None and clock.monotonic() >= until:
            raise TimeoutError
        self._waiting = asyncio.get_running_loop().create_future()
        timer = None if until is None else clock.call_later(until - clock.monotonic(), self.wake)
        try:
            await self._waiting
        finally:
            self._waiting = None
            if timer is not None:
                timer.cancel()
