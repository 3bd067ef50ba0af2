"""Which part of a limit each class of requests may use, so that what matters most is refused last."""

from collections.abc import Mapping
from types import MappingProxyType

from resilience.clock import Clock
from resilience.criticality import Criticality

SHARES: Mapping[Criticality, float] = MappingProxyType(
    {
        Criticality.CRITICAL: 1.0,
        Criticality.DEFAULT: 0.9,
        Criticality.BATCH: 0.7,
        Criticality.SHEDDABLE: 0.5,
    }
)
"""Of the limit, while nobody is in want."""
LEAST = 0.1
"""Of its share that a class keeps."""
YIELD = 0.8
"""What a class keeps of its part when one that matters more came near its end."""
RECOVERY = 20.0
"""Seconds in which a class that kept nothing gets its share back."""


class Shedding:
    """Each class's part of the limit.

    Fixed shares alone leave to the class that matters most a sliver that its bursts overflow where the limit is small.
    So a class that comes near the end of what it may use has all below it make room: each yields a fifth of its part,
    at most once in the time a request takes, and gets it back over `RECOVERY` seconds. What matters most is then seldom
    refused, whatever the mixture and the size (WeChat's DAGOR adapts its admission level so).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._parts = {level: _Part(share) for level, share in SHARES.items()}

    def part(self, level: Criticality) -> float:
        """Of the limit, 0 to 1, that requests of this class may bring all classes together to."""
        return self._parts[level].at(self._clock.monotonic())

    def crowded(self, level: Criticality, pause: float) -> None:
        """A request of this class was refused, or nearly; lower ones yield, unless they did within `pause` seconds."""
        now = self._clock.monotonic()
        for lower in Criticality:
            if lower < level:
                self._parts[lower].give_way(now, pause)


class _Part:
    """One class's part, which shrinks in steps and grows with time."""

    __slots__ = ("_part", "_share", "_since")

    def __init__(self, share: float) -> None:
        self._share = share
        self._part = share
        self._since = float("-inf")

    def at(self, now: float) -> float:
        if self._part >= self._share:
            return self._share
        return min(self._share, self._part + self._share * (now - self._since) / RECOVERY)

    def give_way(self, now: float, pause: float) -> None:
        if now - self._since < pause:
            return
        self._part = max(self.at(now) * YIELD, self._share * LEAST)
        self._since = now
