"""How long to wait, learned from how long calls take."""

import math

from resilience.quantiles import Quantiles

STEP = 0.15
"""How far one expiry moves it, in logarithm: by 16 %."""
HEADROOM = 2.0
"""What it begins with, in terms of the slowest calls seen so far."""
REACH = 3.0
"""What it falls back to after expiries that waited in vain, in terms of the slowest calls that did come."""


class AdaptiveTimeout:
    """A timeout that cuts off a share `miss_rate` of the calls that would have come, while their latency drifts.

    Each expiry makes it longer by a factor e^(STEP * (1 - miss_rate)), each call that came in time shorter by
    e^(-STEP * miss_rate). So after any N calls, whatever their distribution and its drift,

        expiries / N = miss_rate + log(timeout at the end / timeout at the start) / (STEP * N)

    as long as it keeps between `floor` and `ceiling` (seconds): no model of latency is needed, and nothing to forget.
    A drift to three times the latency costs 7 expiries more than its share, one to a third as many fewer.

    What never comes at all is another matter: waiting longer gains nothing, yet an outage drives it up to `ceiling`.
    The first call that is answered after an expiry therefore ends the excursion: the timeout may then be no longer than
    REACH times that call or the quantile 1 - 2 * miss_rate of those that came. That far out, at most twice the
    `miss_rate` is cut off. Until `minimum` calls came it knows nothing.
    """

    __slots__ = ("_ceiling", "_excursion", "_floor", "_longer", "_minimum", "_reached", "_shorter", "seconds", "seen")

    def __init__(self, *, floor: float, ceiling: float, miss_rate: float = 0.005, minimum: int = 20) -> None:
        if not 0.0 < floor <= ceiling:
            raise ValueError("a timeout's floor is above nothing and not above its ceiling")
        if not 0.0 < miss_rate < 0.5:  # noqa: PLR2004 - beyond one half the quantile it reaches back to is none
            raise ValueError("a miss rate is a small share")
        self._floor = floor
        self._ceiling = ceiling
        self._minimum = max(1, minimum)
        self._longer = math.exp(STEP * (1.0 - miss_rate))
        self._shorter = math.exp(-STEP * miss_rate)
        self._reached = 1.0 - 2.0 * miss_rate
        self._excursion = False
        self.seen = Quantiles()
        """How long the calls took that came in time; who gives up calls for reasons of their own may add them."""
        self.seconds: float | None = None
        """How long to wait for the next call; None while too few came to tell."""

    def observe(self, seconds: float) -> None:
        """A call came in time, after `seconds`."""
        self.seen.add(seconds)
        if self.seconds is None:
            if self.seen.count >= self._minimum:
                self.seconds = self._bounded(HEADROOM * self.seen.quantile(self._reached))
            return
        longest = self.seconds * self._shorter
        if self._excursion:
            self._excursion = False
            longest = min(longest, REACH * max(seconds, self.seen.quantile(self._reached)))
        self.seconds = self._bounded(longest)

    def expire(self) -> None:
        """A call was cut off by it."""
        if self.seconds is not None:
            self._excursion = True
            self.seconds = self._bounded(self.seconds * self._longer)

    def _bounded(self, seconds: float) -> float:
        """Between floor and ceiling."""
        return min(max(seconds, self._floor), self._ceiling)
