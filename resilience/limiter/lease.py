"""What one of several gateways may spend of a limit without asking: permits that it took from the limit in advance."""

from dataclasses import dataclass

from resilience.limiter.gcra import ROUNDING, Decision, Limit

HORIZON = 0.2
"""Seconds that a lease is meant to last, at the rate at which it is spent."""
LIFE = 1.0
"""Seconds after which it is asked for again, or what is left of it no longer counts."""
PART = 10
"""All gateways' leases together hold at most one part in so many of a limit."""
SMALLEST = 60
"""Requests a minute; of a smaller limit there are no leases."""
REST = 0.1
"""Seconds at most for which a refusal is repeated without asking; another gateway may give something back earlier."""
_CEILED = 2 * ROUNDING
"""Seconds; answers come in whole microseconds, rounded up."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What the holder of a lease asks of the limit, in permits."""

    need: int
    """Requests that wait, to be passed at once."""
    held: int
    """What is left of the lease."""
    more: int
    """What it is to grow by; what is given back where negative."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the limit answers."""

    passed: int
    """Of the requests that wait."""
    held: int
    """The lease, as it is now."""
    ahead: float
    """Seconds until everything is there again: what has passed, and what is held."""
    over: float
    """Seconds until one more would pass; 0 where it would."""


class Lease:
    """The permits that one gateway holds of one subject's limit, and how many more it wants.

    It is as large as what is spent in `HORIZON`, and at most a part of the limit. Between `ask` and `told` one exchange
    with the limit is under way, and never two; what is held may be spent meanwhile, except what is given back. Times
    are seconds of one clock that never goes back.
    """

    __slots__ = (
        "_asked_at",
        "_interval",
        "_low",
        "_most",
        "_over_at",
        "_permits",
        "_rate",
        "_rests_until",
        "_size",
        "_spent",
        "_spent_until",
        "_until",
        "limit",
        "name",
    )

    def __init__(self, name: str, limit: Limit, *, gateways: int) -> None:
        self.name = name
        self.limit = limit
        self._interval = limit.interval
        self._most = limit.burst // (PART * gateways) if limit.requests_per_minute >= SMALLEST else 0
        self._permits = 0
        self._until = float("-inf")
        self._size = 0
        self._low = -1
        """At so many permits it is time for more; before they are gone, so that nobody waits for them."""
        self._rate = 0.0
        self._spent = 0
        """Permits since it was last asked for."""
        self._asked_at = float("-inf")
        self._spent_until = 0.0
        """What the limit would remember, had the lease not been taken from it."""
        self._over_at = 0.0
        self._rests_until = float("-inf")

    @property
    def permits(self) -> int:
        """What is left."""
        return self._permits

    @property
    def low(self) -> bool:
        """Whether to ask for more now, while there is still some."""
        return self._permits <= self._low

    def idle(self, now: float) -> bool:
        """Whether it was not asked for lately."""
        return now - self._asked_at >= LIFE / 2

    def spend(self, now: float) -> Decision | None:
        """Decide about one request, or None: the limit must be asked."""
        if self._permits and now < self._until:
            self._permits -= 1
            self._spent += 1
            self._spent_until = max(self._spent_until, now) + self._interval
            return self.passed(now)
        return self.refused(now) if now < self._rests_until else None

    def ask(self, now: float, need: int, *, last: bool = False) -> Ask:
        """What to ask of the limit, for `need` requests that wait. Everything is given back where it is the `last`."""
        quiet = last or not (need or self._spent)
        self._rate = (self._spent + HORIZON * self._rate) / (now - self._asked_at + HORIZON)
        self._size = 0 if quiet else min(self._most, int(HORIZON * self._rate))
        self._spent = 0
        self._asked_at = now
        held, more = self._permits, self._size - self._permits
        self._permits = min(self._permits, self._size)
        return Ask(need, held, more)

    def told(self, ask: Ask, answer: Answer, now: float) -> None:
        """The limit's answer to what was asked last."""
        self._permits = max(0, answer.held - self._spent)
        self._until = self._asked_at + LIFE
        self._spent += answer.passed
        self._spent_until = now + answer.ahead - self._permits * self._interval
        self._over_at = now + answer.over
        scarce = answer.passed < ask.need or answer.held < self._size
        self._low = -1 if scarce else self._size // 4 - 1
        if answer.passed < ask.need:
            self._rests_until = now + min(answer.over, REST)

    def void(self, name: str) -> None:
        """The limit did not answer, and may yet read what it was asked: begin anew, under another name."""
        self.name = name
        self._permits = 0
        self._low = -1

    def passed(self, now: float) -> Decision:
        """What a request is told that has just passed."""
        reset = max(self._spent_until - now, self._interval)
        left = int((self.limit.tolerance - reset + _CEILED) / self._interval)
        return Decision(True, self.limit.requests_per_minute, max(left, 0), reset, 0.0)

    def refused(self, now: float) -> Decision:
        """What a request is told for which nothing was left."""
        reset, over = max(self._spent_until - now, 0.0), max(self._over_at - now, ROUNDING)
        return Decision(False, self.limit.requests_per_minute, 0, reset, over)
