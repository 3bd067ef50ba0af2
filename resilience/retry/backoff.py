"""How long to wait before the next try."""

import random


class Backoff:
    """Exponential back-off with full jitter: uniform between nothing and a ceiling that doubles up to `cap`.

    Full jitter spreads the callers of one failed dependency evenly (AWS Architecture Blog, "Exponential Backoff And
    Jitter", 2015). `first` and `cap` are seconds.
    """

    def __init__(self, *, first: float, cap: float, rng: random.Random) -> None:
        self._first = first
        self._cap = cap
        self._rng = rng
        self._tries = 0

    def next(self) -> float:
        """Seconds to wait now; each call counts as one more failure."""
        ceiling = min(self._cap, self._first * 2.0**self._tries)
        if ceiling < self._cap:
            self._tries += 1
        return self._rng.uniform(0.0, ceiling)

    def reset(self) -> None:
        """Begin again after a success."""
        self._tries = 0
