"""What one target's recent calls say about how long the next would take."""

import math
from collections import OrderedDict

from resilience.clock import Clock

USUAL = 6.0
"""How many times longer the usual latency is remembered than the recent one."""
TRUST = 4.0
"""Recent answers that count for as much as all that is usual."""
STREAK = 4
"""Failures in a row double the penalty so many times at most."""
KNEE = 10.0
"""Calls under way at which queueing is taken to set in, before anything is known."""
MOST = 1000.0
"""The knee beyond which nobody looks."""
STEP = 0.02
"""How far one answer moves the knee."""


class Load:
    """What one more call to a target would cost in seconds. Every operation takes constant time.

    A target's latency is the seconds waited for it per answer, recently: waits that are not over count among the
    seconds but not among the answers, so that a target gone slow or silent is noticed before anything comes back, and
    a wait that was abandoned counts as what it is, "at least so long". What is recent fades by half in `half_life`
    seconds; in the measure in which it has faded, the latency returns to the usual one, which is remembered longer.
    So a target that was avoided is tried again. A failure counts as an answer of at least `penalty` seconds, twice
    that for each further one in a row: else a target that refuses fast would look like the fastest of all (Linkerd's
    balancer substitutes 5 s).

    Latency under load is not held against a target twice. With n calls under way it is taken to be sqrt(1 + (n/knee)²)
    times what it is alone, which is near 1 up to the knee and proportional to n beyond, as where a fixed number is
    worked on and others wait; each wait is divided by that. The knee is learned: it falls when calls that began in
    company took longer than expected, compared with those that did not, and rises when they were quicker. The score is
    the latency times 1 + (n/knee)²: steeper than what is expected, because a guess that is wrong costs more the more
    calls are staked on it.
    """

    def __init__(self, clock: Clock, *, half_life: float = 5.0, penalty: float = 5.0) -> None:
        self._clock = clock
        self._penalty = penalty
        self._recent = _Waits(half_life)
        self._usual = _Waits(half_life * USUAL)
        self._knee = _Knee()
        self._calls: OrderedDict[Call, None] = OrderedDict()
        self._parts = 0.0
        self._began = 0.0
        self._failures = 0

    def begin(self) -> "Call":
        """A call starts now; it is ended or abandoned exactly once."""
        under_way = len(self._calls) + 1
        call = Call(self, self._clock.monotonic(), under_way, 1.0 / self._knee.slowdown(under_way))
        self._calls[call] = None
        self._parts += call.part
        self._began += call.part * call.began_at
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
        oldest = next(iter(self._calls), None)
        waiting = self._clock.monotonic() - oldest.began_at if oldest else 0.0
        return max(self._alone() * self._knee.slowdown(len(self._calls) + 1), waiting)

    @property
    def score(self) -> float:
        """Seconds to compare targets by, less is better; 0 for a target that was never asked, so that it is tried."""
        return self._alone() * self._knee.caution(len(self._calls) + 1)

    def ended(self, call: "Call", succeeded: bool) -> None:
        """See Call.end."""
        waited = self._left(call)
        if waited is None:
            return
        now = self._clock.monotonic()
        if succeeded:
            self._failures = 0
            self._knee.learn(call.under_way, waited * call.part, self._alone())
            self._recent.add(now, waited * call.part, 1.0)
            self._usual.add(now, waited * call.part, 1.0)
        else:
            # What is usual is how it is when it works: it should be asked again soon after it does.
            self._recent.add(now, max(waited, self._penalty * 2.0 ** min(self._failures, STREAK)), 1.0)
            self._failures += 1

    def abandoned(self, call: "Call") -> None:
        """See Call.abandon."""
        waited = self._left(call)
        if waited is not None:
            self._recent.add(self._clock.monotonic(), waited * call.part, 0.0)

    def _alone(self) -> float:
        """Seconds that an answer takes where no other call is under way."""
        now = self._clock.monotonic()
        usual = self._usual.average
        if usual is None:
            if not self._calls and self._recent.average is None:
                return 0.0
            usual = self._penalty  # one call is enough to learn from
        seconds, answers = self._recent.at(now)
        waiting = max(0.0, self._parts * now - self._began)
        return (seconds + waiting + TRUST * usual) / (answers + TRUST)

    def _left(self, call: "Call") -> float | None:
        """Seconds that the call was under way, which it is no more; None where it was not."""
        if call not in self._calls:
            return None
        del self._calls[call]
        self._parts -= call.part
        self._began -= call.part * call.began_at
        if not self._calls:
            self._parts = self._began = 0.0  # what sums of floats lost
        return self._clock.monotonic() - call.began_at


class Call:
    """A call under way. Ending it a second time changes nothing."""

    __slots__ = ("_load", "began_at", "part", "under_way")

    def __init__(self, load: Load, began_at: float, under_way: int, part: float) -> None:
        self._load = load
        self.began_at = began_at
        """Seconds of the load's clock."""
        self.under_way = under_way
        """Calls to the target at its begin, itself included."""
        self.part = part
        """Of its seconds, what is expected to be its own and not the queue's."""

    def end(self, succeeded: bool) -> None:
        """The target answered, or failed."""
        self._load.ended(self, succeeded)

    def abandon(self) -> None:
        """Nobody waits for it any more; it tells only that an answer takes at least as long as was waited."""
        self._load.abandoned(self)


class _Waits:
    """Seconds waited and answers received, both fading."""

    __slots__ = ("_answers", "_at", "_rate", "_seconds")

    def __init__(self, half_life: float) -> None:
        self._rate = math.log(2.0) / half_life
        self._seconds = 0.0
        self._answers = 0.0
        self._at = 0.0

    @property
    def average(self) -> float | None:
        """Seconds an answer; None before the first."""
        return self._seconds / self._answers if self._answers > 0.0 else None

    def at(self, now: float) -> tuple[float, float]:
        """Seconds and answers, as much as is left of them."""
        left = math.exp(self._rate * (self._at - now))
        return self._seconds * left, self._answers * left

    def add(self, now: float, seconds: float, answers: float) -> None:
        """Count what has come."""
        before, count = self.at(now)
        self._seconds = before + seconds
        self._answers = count + answers
        self._at = now


class _Knee:
    """The number of calls under way at which a target's answers begin to wait for each other."""

    __slots__ = ("_company", "_knee")

    def __init__(self) -> None:
        self._knee = KNEE
        self._company = 0.5

    def slowdown(self, under_way: int) -> float:
        """How many times longer an answer takes than alone."""
        return math.sqrt(self.caution(under_way))

    def caution(self, under_way: int) -> float:
        """The square of it: what one more call is scored by."""
        ratio = under_way / self._knee
        return 1.0 + ratio * ratio

    def learn(self, under_way: int, seconds: float, expected: float) -> None:
        """An answer took `seconds` of its own where it was `expected` to; both without what queueing explains."""
        if expected <= 0.0:
            return
        company = 1.0 - 1.0 / self.caution(under_way)
        self._company += STEP * (company - self._company)
        # Where all answers are slow, alone or not, the target is slow and its knee is where it was.
        surprise = min(2.0, seconds / expected - 1.0) * (company - self._company)
        self._knee = min(MOST, max(1.0, self._knee * math.exp(-STEP * surprise)))
