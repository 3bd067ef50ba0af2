"""How long calls take: a histogram that forgets, and the quantiles read from it."""

import math
from array import array
from bisect import bisect_left
from itertools import accumulate

SHORTEST = 0.001
"""Seconds; what took less is counted as this."""
LONGEST = 3600.0
"""Seconds; what took more is counted as this."""
RESOLUTION = 0.02
"""Each bucket is wider than the one before by this share: no quantile is further off."""
STALENESS = 0.02
"""Sums are made anew when this share of what is remembered has been added since."""

_STEP = math.log1p(RESOLUTION)
_ORIGIN = math.log(SHORTEST)
_BUCKETS = math.ceil((math.log(LONGEST) - _ORIGIN) / _STEP)
_TOP = math.nextafter(_BUCKETS, 0.0)
_RESCALE = 1e12
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


class Quantiles:
    """The distribution of observed seconds, in which an observation weighs half after `half_life` further ones.

    Adding costs the same however much was added. Reading costs a search in sums that are made anew only after 2 %
    more observations, so that a reading may be behind by as many.
    """

    __slots__ = ("_growth", "_refresh_at", "_sums", "_weight", "_weights", "count", "memory")

    def __init__(self, *, half_life: float = 1000.0) -> None:
        # New observations weigh more, instead of old ones less: one number changes, not all.
        self._growth = 2.0 ** (1.0 / half_life)
        self.memory = half_life / math.log(2.0)
        """As many observations as it tells of at most, all weights taken together."""
        self._weight = 1.0
        self._weights = array("d", bytes(8 * _BUCKETS))
        self._sums = array("d", bytes(8 * _BUCKETS))
        self.count = 0
        """Observations ever added."""
        self._refresh_at = 0.0

    def add(self, seconds: float) -> None:
        """Count one observation."""
        self._weights[int(_place(seconds))] += self._weight
        self.count += 1
        self._weight *= self._growth
        if self._weight > _RESCALE:
            self._weights = array("d", [weight / self._weight for weight in self._weights])
            self._weight = 1.0
            self._refresh_at = 0.0

    def add_at_least(self, seconds: float) -> None:
        """Count a call that was given up after `seconds`, unanswered, such as the loser of a race.

        Left out, the tail would look lighter than it is, the more so the more of it is given up. It is counted
        somewhere beyond, as those were distributed that took longer.
        """
        beyond = self.survival(seconds)
        # Multiples of the golden ratio: as even as chance, without a source of it.
        share = self.count * _GOLDEN % 1.0
        self.add(max(seconds, self.quantile(1.0 - beyond * share)) if beyond > 0.0 else seconds)

    def quantile(self, q: float) -> float:
        """Seconds within which a share `q` (0 to 1) of the calls ended; 0.0 while nothing was added."""
        sums = self._fresh_sums()
        total = sums[-1]
        if total == 0.0:
            return 0.0
        rank = min(max(q, 0.0), 1.0) * total
        bucket = bisect_left(sums, rank) if rank > 0.0 else bisect_left(sums, math.nextafter(0.0, 1.0))
        below = sums[bucket - 1] if bucket else 0.0
        within = sums[bucket] - below
        return math.exp(_ORIGIN + _STEP * (bucket + (rank - below) / within))

    def survival(self, seconds: float) -> float:
        """Share of the calls (0 to 1) that took longer than `seconds`; 0.0 while nothing was added."""
        sums = self._fresh_sums()
        total = sums[-1]
        if total == 0.0:
            return 0.0
        if seconds < SHORTEST:
            return 1.0
        place = _place(seconds)
        bucket = int(place)
        below = sums[bucket - 1] if bucket else 0.0
        return 1.0 - (below + (sums[bucket] - below) * (place - bucket)) / total

    def _fresh_sums(self) -> "array[float]":
        """Weights summed from the shortest on, 2 % behind at most."""
        if self.count >= self._refresh_at:
            self._sums = array("d", accumulate(self._weights))
            self._refresh_at = self.count + max(1.0, STALENESS * min(self.count, self.memory))
        return self._sums


def _place(seconds: float) -> float:
    """Where `seconds` lies: the bucket's number, and how far into it as the fraction."""
    if seconds <= SHORTEST:
        return 0.0
    return min((math.log(seconds) - _ORIGIN) / _STEP, _TOP)
