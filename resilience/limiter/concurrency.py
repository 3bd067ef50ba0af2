"""How many calls may be under way at once, found from how long they take."""

import math

from resilience.clock import Clock
from resilience.criticality import Criticality
from resilience.limiter.gradient import Gradient
from resilience.limiter.shedding import Shedding
from resilience.limiter.window import Window

NEARLY = 0.8
"""Of what a class may use: beyond it the classes below begin to make room."""


class ConcurrencyLimit:
    """Admits calls while they are fewer than the server can work on, and refuses early what would only queue.

    What is critical is refused only where critical calls alone fill the limit: when the limit is cut, lower ones that
    are under way already do not stand in its way until they have ended.

    `initial`, `minimum` and `maximum` are calls under way. Every operation takes constant time.
    """

    def __init__(self, clock: Clock, *, initial: int = 20, minimum: int = 4, maximum: int = 1000) -> None:
        if not 1 <= minimum <= initial <= maximum:
            raise ValueError("1 <= minimum <= initial <= maximum")
        self._clock = clock
        self._gradient = Gradient(clock, initial=initial, minimum=minimum, maximum=maximum)
        self._shedding = Shedding(clock)
        self._in_flight = 0
        self._critical = 0

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
        critical = criticality is Criticality.CRITICAL
        top = self._gradient.limit if critical else self._gradient.restrained
        room = max(1.0, top * self._shedding.part(criticality))
        if self._in_flight + 1 > NEARLY * room:
            self._shedding.crowded(criticality, self._gradient.latency)
        if (self._critical if critical else self._in_flight) + 1 > room:
            self._gradient.pressed(self._in_flight)
            return None
        self._in_flight += 1
        self._critical += critical
        return Slot(self, critical, self._clock.monotonic(), self._gradient.began(self._in_flight))

    def released(self, slot: "Slot", seconds: float | None, dropped: bool) -> None:
        """See Slot.release."""
        self._in_flight -= 1
        self._critical -= slot.critical
        if dropped:
            self._gradient.dropped(slot.began_at)
        self._gradient.ended(slot.window, None if dropped else seconds)


class Slot:
    """The place of a call under way. Releasing it a second time changes nothing."""

    __slots__ = ("_limit", "began_at", "critical", "window")

    def __init__(self, limit: ConcurrencyLimit, critical: bool, began_at: float, window: Window | None) -> None:
        self._limit: ConcurrencyLimit | None = limit
        self.critical = critical
        """Whether the call is of the class that matters most."""
        self.began_at = began_at
        """Seconds of the limit's clock."""
        self.window = window
        """Of whose sample the call is, if any."""

    def release(self, seconds: float | None, *, dropped: bool = False) -> None:
        """The call is over after `seconds`, or None where that tells nothing: it failed at once, or was cancelled.

        `dropped` says that the server showed itself overloaded: it refused, or did not answer in time.
        """
        limit, self._limit = self._limit, None
        if limit is not None:
            limit.released(self, seconds, dropped)
