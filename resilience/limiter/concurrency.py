"""How many calls may be under way at once, found from how long they take."""

import math

from resilience.clock import Clock
from resilience.criticality import Criticality
from resilience.limiter.gradient import Gradient
from resilience.limiter.shedding import Shedding


class ConcurrencyLimit:
    """Admits calls while they are fewer than the server can work on, and refuses early what would only queue.

    `initial`, `minimum` and `maximum` are calls under way. Every operation takes constant time.
    """

    def __init__(self, clock: Clock, *, initial: int = 20, minimum: int = 4, maximum: int = 1000) -> None:
        if not 1 <= minimum <= initial <= maximum:
            raise ValueError("1 <= minimum <= initial <= maximum")
        self._clock = clock
        self._gradient = Gradient(clock, initial=initial, minimum=minimum, maximum=maximum)
        self._shedding = Shedding(clock)
        self._in_flight = 0

    @property
    def limit(self) -> int:
        """Calls that may be under way, of the class that matters most."""
        return int(self._gradient.limit)

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return self._in_flight

    @property
    def retry_after(self) -> float:
        """Seconds until a part of what is under way has ended, so that trying again makes sense; at least one."""
        return float(max(1, math.ceil(self._gradient.latency)))

    def acquire(self, criticality: Criticality) -> "Slot | None":
        """A place for a call that begins now, or None: refuse it, and say `retry_after`."""
        room = max(1.0, self._gradient.limit * self._shedding.part(criticality))
        if self._in_flight + 1 > room:
            self._gradient.pressed()
            self._shedding.refused(criticality, self._gradient.latency)
            return None
        self._in_flight += 1
        self._gradient.began(self._in_flight)
        return Slot(self, self._clock.monotonic())

    def released(self, slot: "Slot", seconds: float | None, dropped: bool) -> None:
        """See Slot.release."""
        self._in_flight -= 1
        if dropped:
            self._gradient.dropped(slot.began_at)
        elif seconds is not None:
            self._gradient.observed(slot.began_at, seconds)


class Slot:
    """The place of a call under way. Releasing it a second time changes nothing."""

    __slots__ = ("_limit", "began_at")

    def __init__(self, limit: ConcurrencyLimit, began_at: float) -> None:
        self._limit: ConcurrencyLimit | None = limit
        self.began_at = began_at
        """Seconds of the limit's clock."""

    def release(self, seconds: float | None, *, dropped: bool = False) -> None:
        """The call is over after `seconds`, or None where that tells nothing: it failed at once, or was cancelled.

        `dropped` says that the server showed itself overloaded: it refused, or did not answer in time.
        """
        limit, self._limit = self._limit, None
        if limit is not None:
            limit.released(self, seconds, dropped)
