"""An average of seconds an answer that forgets."""


class Waits:
    """Seconds waited and answers received, both fading; the half-life may be another each time."""

    __slots__ = ("_answers", "_at", "_seconds")

    def __init__(self) -> None:
        self._seconds = 0.0
        self._answers = 0.0
        self._at = 0.0

    @property
    def average(self) -> float:
        """Seconds an answer; there must have been one."""
        return self._seconds / self._answers

    def at(self, now: float, half_life: float) -> tuple[float, float]:
        """Seconds and answers, as much as is left of them."""
        left = 2.0 ** ((self._at - now) / half_life)
        return self._seconds * left, self._answers * left

    def add(self, now: float, half_life: float, seconds: float, *, answers: float = 1.0) -> None:
        """Count what has come."""
        before, count = self.at(now, half_life)
        self._seconds = before + seconds
        self._answers = count + answers
        self._at = now
