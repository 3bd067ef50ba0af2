"""Whether a spare call would help, and after how long it is begun."""

import math

from resilience.quantiles import RESOLUTION, Quantiles

TAIL = 0.99
"""The quantile that hedging is to lower."""
SAVINGS = 20.0
"""Spare calls that may be saved for when many calls are late at once."""
DEVIATIONS = 3.0
"""How far from the truth an observed quantile is taken to be at most, in standard deviations."""
CANDIDATES = 6
"""Delays that are compared."""
HALVINGS = 8
"""Steps in which an estimated quantile is found."""
STALENESS = 0.02
"""Advice is thought over when a target was called this much more often."""
_ROUNDING = 1e-9
MOST_PAIRS = 256
"""Pairs of targets whose advice is remembered."""
QUICK = 0.05
"""Seconds; a p99 of less is left alone: such a tail is the callers' own machine's, and spare calls would add to it."""


class Hedger:
    """Advises hedging where a target's tail is heavy enough to gain from it, and keeps spare calls to their share.

    A spare call is begun once a call is later than `quantile` of its target's. Where many calls are quick and as many
    slow as lie beyond that quantile, it may as well be observed at the end of the quick ones as among the slow: within
    the error of so many observations, the delay is taken that gives the lowest p99. Where even that is less than
    `least_gain` (a share) below the p99 without, where that is `QUICK` already, or where the first target was seen in
    fewer than `minimum` calls, there is no advice. After Dean and Barroso, "The Tail at Scale", 2013.

    Losers must be told to their target's Quantiles by `add_at_least`, or hedging hides the tail that it is for.
    """

    __slots__ = ("_advice", "_credit", "_least_gain", "_minimum", "_quantile", "_share")

    def __init__(self, *, quantile: float = 0.95, minimum: int = 50, least_gain: float = 0.2) -> None:
        if not 0.0 < quantile < TAIL:
            raise ValueError("a spare call is begun before the tail that it is to lower")
        self._quantile = quantile
        self._share = 1.0 - quantile
        self._minimum = max(1, minimum)
        self._least_gain = least_gain
        self._credit = 0.0
        self._advice: dict[tuple[Quantiles, Quantiles], tuple[float, float | None]] = {}

    def delay(self, first: Quantiles, spare: Quantiles) -> float | None:
        """Seconds after which a spare call is worth it; None where none is. To be asked once a request.

        `first` and `spare` are the latencies of the two calls' targets, which may be one and the same.
        """
        self._credit = min(SAVINGS, self._credit + self._share)
        if spare.count < self._minimum:
            spare = first  # who is hardly ever asked is taken to be as fast, until hedges have shown how fast it is
        seen = min(first.count, spare.count)
        if seen < self._minimum:
            return None
        valid_until, delay = self._advice.get((first, spare), (0.0, None))
        if seen >= valid_until:
            delay = self._best_delay(first, spare)
            if len(self._advice) >= MOST_PAIRS:
                self._advice.clear()
            self._advice[first, spare] = (seen + max(1.0, STALENESS * min(seen, first.memory)), delay)
        return delay

    def allow(self) -> bool:
        """Whether a spare call may begin now; to be asked when it would.

        The delay is only an estimate: this keeps spare calls to a share `1 - quantile` of the requests that asked for
        advice so far, whatever the latencies do meanwhile.
        """
        if self._credit < 1.0 - _ROUNDING:
            return False
        self._credit -= 1.0
        return True

    def _best_delay(self, first: Quantiles, spare: Quantiles) -> float | None:
        """The delay with the lowest p99, where that is low enough."""
        without = first.quantile(TAIL)
        if without < QUICK:
            return None
        goal = without * (1.0 - self._least_gain)
        error = DEVIATIONS * math.sqrt(self._quantile * self._share / min(first.count, 2.0 * first.memory))
        # Past the end of its bucket, or calls that all take equally long would all be late.
        earliest = first.quantile(self._quantile - error) * (1.0 + RESOLUTION)
        if goal <= earliest or first.survival(goal) * spare.survival(goal - earliest) > 1.0 - TAIL:
            return None  # not even spare calls for all that are late would do
        latest = first.quantile(min(self._quantile + error, TAIL)) * (1.0 + RESOLUTION)
        step = math.log(latest / earliest) / (CANDIDATES - 1)
        delays = [earliest * math.exp(step * number) for number in range(CANDIDATES)]
        # Where the share does not suffice for all that seem to be late, fewer may be: try, as no more are made anyway.
        for share in (self._share, self._share + error):
            tail, delay = min((_tail(first, spare, delay, share), delay) for delay in delays)
            if tail <= goal:
                return delay
        return None


def _tail(first: Quantiles, spare: Quantiles, delay: float, share: float) -> float:
    """Estimated p99 with a spare call after `delay`, for at most `share` of the calls.

    A call is still unanswered at t where the first is, and the spare was not made or has not come within t less the
    delay. That falls with t, and is low enough at the p99 of the first alone.
    """
    late = first.survival(delay)
    made = min(1.0, share / late) if late > 0.0 else 1.0
    low, high = delay, max(delay, first.quantile(TAIL))
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if first.survival(middle) * (1.0 - made * (1.0 - spare.survival(middle - delay))) > 1.0 - TAIL:
            low = middle
        else:
            high = middle
    return high
