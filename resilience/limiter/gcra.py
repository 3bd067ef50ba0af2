"""The generic cell rate algorithm: one number per subject says how many may pass now, and when the next may."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple, Self

MINUTE = 60.0
ROUNDING = 1e-6
"""Seconds; what sums of many intervals lose in a float must not refuse the last of a burst."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`requests_per_minute` evenly, and `burst` of them at once after a quiet time.

    In any minute, wherever it begins, at most `requests_per_minute + burst` pass.
    """

    requests_per_minute: int
    burst: int
    interval: float = field(init=False, repr=False, compare=False)
    """Seconds in which one request comes back."""
    tolerance: float = field(init=False, repr=False, compare=False)
    """Seconds in which a spent burst comes back."""

    def __post_init__(self) -> None:
        if self.requests_per_minute < 1 or self.burst < 1:
            raise ValueError("a limit lets at least one request pass")
        object.__setattr__(self, "interval", MINUTE / self.requests_per_minute)
        object.__setattr__(self, "tolerance", self.interval * self.burst)

    @classmethod
    def per_minute(cls, requests: int) -> Self:
        """What a caller expects who reads "600 a minute": all of them at once, then as fast as they come back."""
        return cls(requests, requests)

    def share(self, of: int) -> "Limit":
        """An equal part of this limit for each of `of` that cannot ask each other; at least one request."""
        return Limit(max(1, self.requests_per_minute // of), max(1, self.burst // of))


class Decision(NamedTuple):
    """Whether a request may pass, and what to tell its caller."""

    allowed: bool
    limit: int
    """Requests a minute."""
    remaining: int
    """Requests that would pass right now."""
    reset: float
    """Seconds until the whole burst is there again."""
    retry_after: float
    """Seconds until one request would pass; 0 where this one did."""


def decide(spent_until: float, now: float, limit: Limit) -> tuple[float, Decision]:
    """Count one request at `now`; return what to remember for the subject, and the decision.

    `spent_until` is what the last call returned (anything not after `now` for a new subject): the moment at which all
    that passed so far would have passed evenly. Both are seconds of one clock. A refused request costs nothing.
    """
    # Ahead by more than the tolerance it is only after the limit was changed or the clock went back.
    base = min(max(spent_until, now), now + limit.tolerance)
    spent = base + limit.interval
    over = spent - (now + limit.tolerance)
    if over > ROUNDING:
        return base, Decision(False, limit.requests_per_minute, 0, base - now, over)
    remaining = math.floor((now + limit.tolerance - spent + ROUNDING) / limit.interval)
    return spent, Decision(True, limit.requests_per_minute, max(0, remaining), spent - now, 0.0)
