"""The latency of calls that began under one limit, told by a sample of them."""

import math

SAMPLE = 40
"""Calls. Where lengths vary by a lognormal 0.6, the geometric mean of so many is within a tenth of the truth."""
ENOUGH = 0.9
"""Of the sample: the last ones are not waited for."""


class Window:
    """The first `SAMPLE` calls that are admitted while it is open, whenever they end.

    So it tells of the present limit and not of the one before, and is not biased towards the calls that end first. Its
    latency is the geometric mean: one answer that is ten times longer than the others hardly moves it.
    """

    __slots__ = ("_ended", "_logarithms", "_missing", "peak", "pressed")

    def __init__(self) -> None:
        self._missing = SAMPLE
        self._ended = 0
        self._logarithms = 0.0
        self.peak = 0
        """Most calls that were under way."""
        self.pressed = False
        """Whether one was refused."""

    def join(self) -> bool:
        """A call was admitted; tells whether it is of the sample."""
        if not self._missing:
            return False
        self._missing -= 1
        return True

    def leave(self) -> None:
        """A call of the sample ended and tells nothing; another may take its place."""
        self._missing += 1

    def ended(self, seconds: float) -> None:
        """A call of the sample took so long."""
        self._logarithms += math.log(max(seconds, 1e-6))
        self._ended += 1

    @property
    def complete(self) -> bool:
        """Whether its latency can be told."""
        return self._ended >= ENOUGH * SAMPLE

    @property
    def latency(self) -> float:
        """Seconds."""
        return math.exp(self._logarithms / self._ended)
