"""A bucket of tokens that fills evenly: takers of many tokens at once, and waits that add up."""

from resilience.clock import Clock


class TokenBucket:
    """Fills with `rate` tokens a second up to `burst`, and begins full.

    In any `t` seconds at most `rate · t + burst` tokens are taken.
    """

    def __init__(self, clock: Clock, rate: float, burst: float) -> None:
        if rate <= 0.0 or burst <= 0.0:
            raise ValueError("a bucket fills, and holds something")
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._filled_at = clock.monotonic()

    @property
    def tokens(self) -> float:
        """There now."""
        elapsed = self._clock.monotonic() - self._filled_at
        return min(self._burst, self._tokens + max(elapsed, 0.0) * self._rate)

    def take(self, tokens: float = 1.0) -> float:
        """Take `tokens` and return 0, or take nothing and return the seconds after which they would be there.

        Infinite where they never would be: the bucket does not hold so many.
        """
        there = self.tokens
        if tokens > self._burst:
            return float("inf")
        if tokens > there + _ROUNDING * self._burst:
            return (tokens - there) / self._rate
        self._tokens = max(0.0, there - tokens)
        self._filled_at = self._clock.monotonic()
        return 0.0


_ROUNDING = 1e-9
"""Share of the burst; what sums of floats lose must not refuse who waited as long as was said."""
