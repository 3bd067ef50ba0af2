"""Whether a spare call would help, and after how long it is begun."""

from resilience.quantiles import Quantiles

TAIL = 0.99
"""The quantile that hedging is to lower."""
BURST = 5.0
"""Spare calls that may come at once, above their share."""


class Hedger:
    """Advises hedging where a target's tail is heavy enough to gain from it, and keeps spare calls to their share.

    A spare call is begun once a call is later than `quantile` of its target's. With it, the chance to wait longer than
    t is that neither has answered: the first not within t, the spare not within t less the delay. Where that estimate
    lowers the p99 by less than `least_gain` (a share), or either target was seen in fewer than `minimum` calls, there
    is no advice. After Dean and Barroso, "The Tail at Scale", 2013.
    """

    __slots__ = ("_credit", "_least_gain", "_minimum", "_quantile")

    def __init__(self, *, quantile: float = 0.95, minimum: int = 50, least_gain: float = 0.2) -> None:
        if not 0.0 < quantile < TAIL:
            raise ValueError("a spare call is begun before the tail that it is to lower")
        self._quantile = quantile
        self._minimum = minimum
        self._least_gain = least_gain
        self._credit = BURST

    def delay(self, first: Quantiles, spare: Quantiles) -> float | None:
        """Seconds after which a spare call is worth it; None where none is. To be asked once a request.

        `first` and `spare` are the latencies of the two calls' targets, which may be one and the same.
        """
        self._credit = min(BURST, self._credit + 1.0 - self._quantile)
        if first.count < self._minimum or spare.count < self._minimum:
            return None
        delay = first.quantile(self._quantile)
        goal = first.quantile(TAIL) * (1.0 - self._least_gain)
        if goal <= delay or first.survival(goal) * spare.survival(goal - delay) > 1.0 - TAIL:
            return None
        return delay

    def allow(self) -> bool:
        """Whether a spare call may begin now; to be asked when it would.

        The quantile is only an estimate: this keeps spare calls to a share `1 - quantile` of the requests that asked
        for advice, and BURST, whatever the latencies do meanwhile.
        """
        if self._credit < 1.0:
            return False
        self._credit -= 1.0
        return True
