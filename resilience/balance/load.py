"""What one target's recent calls say about how long the next would take."""

import math
from collections import OrderedDict

from resilience.clock import Clock

STREAK = 4
"""Failures in a row double the penalty so many times at most."""


class Load:
    """Peak-EWMA latency times calls under way, of one target. Every operation takes constant time.

    A slow answer is believed at once and forgotten by half in `half_life` seconds; so is a failure, which counts as an
    answer of at least `penalty` seconds, twice that for each further one in a row: else a target that refuses fast
    would look like the fastest of all.
    """

    def __init__(self, clock: Clock, *, half_life: float = 10.0, penalty: float = 5.0) -> None:
        self._clock = clock
        self._tau = half_life / math.log(2.0)
        self._penalty = penalty
        self._calls: OrderedDict[Call, None] = OrderedDict()
        self._average: float | None = None
        self._credited_at = 0.0
        self._failures = 0

    def begin(self) -> "Call":
        """A call starts now; it is ended or abandoned exactly once."""
        call = Call(self, self._clock.monotonic())
        self._calls[call] = None
        return call

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return len(self._calls)

    @property
    def latency(self) -> float:
        """Seconds that an answer takes, as far as is known; never less than the longest call under way has taken."""
        oldest = next(iter(self._calls), None)
        waiting = self._clock.monotonic() - oldest.began_at if oldest else 0.0
        return max(self._average or 0.0, waiting)

    @property
    def score(self) -> float:
        """Seconds that one more call would take; 0 for a target that was never asked, so that it is tried."""
        if self._average is None and self._calls:
            return self._penalty * (len(self._calls) + 1)  # one is enough to learn from
        return self.latency * (len(self._calls) + 1)

    def ended(self, call: "Call", succeeded: bool) -> None:
        """See Call.end."""
        if self._calls.pop(call, call) is call:
            return
        waited = self._clock.monotonic() - call.began_at
        if succeeded:
            self._failures = 0
            self._credit(waited)
        else:
            self._credit(max(waited, self._penalty * 2.0 ** min(self._failures, STREAK)))
            self._failures += 1

    def abandoned(self, call: "Call") -> None:
        """See Call.abandon."""
        if self._calls.pop(call, call) is call:
            return
        waited = self._clock.monotonic() - call.began_at
        if self._average is not None and waited > self._average:
            self._credit(waited)

    def _credit(self, seconds: float) -> None:
        now = self._clock.monotonic()
        if self._average is None or seconds > self._average:
            self._average = seconds
        else:
            keep = math.exp((self._credited_at - now) / self._tau)
            self._average = keep * self._average + (1.0 - keep) * seconds
        self._credited_at = now


class Call:
    """A call under way. Ending it a second time changes nothing."""

    __slots__ = ("_load", "began_at")

    def __init__(self, load: Load, began_at: float) -> None:
        self._load = load
        self.began_at = began_at
        """Seconds of the load's clock."""

    def end(self, succeeded: bool) -> None:
        """The target answered, or failed."""
        self._load.ended(self, succeeded)

    def abandon(self) -> None:
        """Nobody waits for it any more; it tells only that an answer takes at least as long as was waited."""
        self._load.abandoned(self)
