"""What one target's recent calls say about how long the next would take."""

from resilience.balance.line import Line, Place
from resilience.balance.waits import Waits
from resilience.clock import Clock

RECENT = 2.0
"""Half-life of what is recent, in usual latencies: as long as it takes a change to show."""
USUAL = 60.0
"""Half-life of what is usual, in usual latencies."""
SHORTEST = 0.001
"""Seconds below which no usual latency is taken to be, for time is counted in it."""
TRUST = 4.0
"""Recent answers that count for as much as all that is usual."""
STREAK = 4
"""Failures in a row double the penalty so many times at most."""
CARE = 3.0
"""What a second in the line counts for: it is waited by this call, by those behind it, and is a guess."""


class Load:
    """What one more call to a target would cost in seconds. Every operation takes constant time.

    The target is taken to work on so many calls at a time while others stand in line (see Line); so each call's own
    seconds are known apart from those it stood behind others, and latency under load is not held against it twice.
    Latency is own seconds an answer, recently: calls being worked on count among the seconds but not among the
    answers, so that a target gone slow or silent is noticed before anything comes back, and one that was abandoned
    counts as what it is, "at least so long". Time is counted in the target's own usual latencies: what is recent fades
    by half in two of them, and in the measure in which it has faded the latency returns to the usual. So a target that
    was avoided is tried again, a fast one sooner.

    A failure counts as an answer of at least `penalty` seconds, twice that for each further one in a row, and fades by
    half in `half_life` seconds: else a target that refuses fast would look like the fastest of all (Linkerd's balancer
    substitutes 5 s).
    """

    def __init__(self, clock: Clock, *, half_life: float = 5.0, penalty: float = 5.0) -> None:
        self._clock = clock
        self._half_life = half_life
        self._penalty = penalty
        self._recent = Waits()
        self._usual = Waits()
        self._failed: Waits | None = None
        self._line = Line()
        self._calls: dict[Call, None] = {}
        self._row = 0
        self._unknown = True
        self._usually = penalty
        """Seconds that an answer usually takes; one call is enough to learn from."""

    def begin(self) -> "Call":
        """A call starts now; it is ended or abandoned exactly once."""
        now = self._clock.monotonic()
        call = Call(self, now, self._line.join(now))
        self._calls[call] = None
        return call

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return len(self._calls)

    @property
    def latency(self) -> float:
        """Seconds that one more answer takes, as far as is known; not less than the oldest call under way has taken.

        0 for a target that was never asked.
        """
        now = self._clock.monotonic()
        oldest = next(iter(self._calls), None)
        waiting = now - oldest.began_at if oldest else 0.0
        return max(self._alone(now) * (1.0 + self._line.wait), waiting)

    @property
    def score(self) -> float:
        """Seconds to compare targets by, less is better; 0 for a target that was never asked, so that it is tried."""
        return self._alone(self._clock.monotonic()) * (1.0 + CARE * self._line.wait)

    def ended(self, call: "Call", succeeded: bool) -> None:
        """See Call.end."""
        if call not in self._calls:
            return
        now = self._clock.monotonic()
        own = self._left(call, now)
        self._unknown = False
        if succeeded:
            self._row = 0
            self._line.learn(call.place, own, self._alone(now))
            self._recent.add(now, RECENT * self._usually, own)
            self._usual.add(now, USUAL * self._usually, own)
            self._usually = max(self._usual.average, SHORTEST)
        else:
            # What is usual is how it is when it works: it should be asked again soon after it does.
            penalty = self._penalty * 2.0 ** min(self._row, STREAK)
            self._failed = self._failed or Waits()
            self._failed.add(now, self._half_life, max(now - call.began_at, penalty))
            self._row += 1

    def abandoned(self, call: "Call") -> None:
        """See Call.abandon."""
        if call in self._calls:
            now = self._clock.monotonic()
            self._unknown = False
            self._recent.add(now, RECENT * self._usually, self._left(call, now), answers=0.0)

    def _alone(self, now: float) -> float:
        """Seconds that an answer takes once it is worked on."""
        if self._unknown and not self._calls:
            return 0.0
        seconds, answers = self._recent.at(now, RECENT * self._usually)
        if self._failed:
            failed, failures = self._failed.at(now, self._half_life)
            seconds += failed
            answers += failures
        return (seconds + self._line.worked(now) + TRUST * self._usually) / (answers + TRUST)

    def _left(self, call: "Call", now: float) -> float:
        """Seconds that the call, which is under way no more, was worked on."""
        del self._calls[call]
        return self._line.leave(call.place, now)


class Call:
    """A call under way. Ending it a second time changes nothing."""

    __slots__ = ("_load", "began_at", "place")

    def __init__(self, load: Load, began_at: float, place: Place) -> None:
        self._load = load
        self.began_at = began_at
        """Seconds of the load's clock."""
        self.place = place
        """Where it stands among the target's calls."""

    def end(self, succeeded: bool) -> None:
        """The target answered, or failed."""
        self._load.ended(self, succeeded)

    def abandon(self) -> None:
        """Nobody waits for it any more; it tells only that an answer takes at least as long as was waited."""
        self._load.abandoned(self)
