"""What a breaker remembers of its calls: those of the last seconds, or so many of the last ones."""

from typing import Protocol

SLICES = 10
"""Parts of a time window; a call is forgotten with its part, so between nine tenths of the window and the whole."""


class Window(Protocol):
    """Counts of the calls that still matter. Times are seconds of one monotonic clock and never go back."""

    @property
    def calls(self) -> int:
        """Calls that ended, as of the last `record`; likewise the others."""
        ...

    @property
    def failures(self) -> int:
        """Those of them that failed."""
        ...

    @property
    def slow(self) -> int:
        """Those of them that succeeded, but took too long."""
        ...

    @property
    def span(self) -> str:
        """What it covers, in words that follow "3 of 7 calls"."""
        ...

    def record(self, now: float, *, failed: bool = False, slow: bool = False) -> None:
        """Count a call that ended at `now`, and forget what is too long ago."""
        ...


class TimeWindow:
    """The calls of the last `seconds`, in a ring of slices: as much memory for a thousand calls a second as for one."""

    __slots__ = ("_at", "_ring", "_seconds", "_width", "calls", "failures", "slow")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._width = seconds / SLICES
        self._ring = [[0, 0, 0] for _ in range(SLICES)]
        self._at = 0
        self.calls = 0
        self.failures = 0
        self.slow = 0

    @property
    def span(self) -> str:
        """See Window."""
        return f"in {self._seconds:g} s"

    def record(self, now: float, *, failed: bool = False, slow: bool = False) -> None:
        """See Window."""
        at = int(now / self._width)
        if at != self._at:
            self._turn(at)
        part = self._ring[at % SLICES]
        part[0] += 1
        self.calls += 1
        if failed:
            part[1] += 1
            self.failures += 1
        if slow:
            part[2] += 1
            self.slow += 1

    def _turn(self, at: int) -> None:
        """Empty the slices that the ring passes on its way to `at`; a whole turn empties all, however long it took."""
        for passed in range(max(self._at, at - SLICES) + 1, at + 1):
            part = self._ring[passed % SLICES]
            self.calls -= part[0]
            self.failures -= part[1]
            self.slow -= part[2]
            part[:] = (0, 0, 0)
        self._at = at


class CountWindow:
    """The last `size` calls, however long ago."""

    __slots__ = ("_at", "_ring", "calls", "failures", "slow")

    def __init__(self, size: int) -> None:
        self._ring: list[tuple[bool, bool] | None] = [None] * size
        self._at = 0
        self.calls = 0
        self.failures = 0
        self.slow = 0

    @property
    def span(self) -> str:
        """See Window."""
        return "of late"

    def record(self, now: float, *, failed: bool = False, slow: bool = False) -> None:  # noqa: ARG002 - time is no matter
        """See Window."""
        oldest = self._ring[self._at]
        self._ring[self._at] = (failed, slow)
        self._at = (self._at + 1) % len(self._ring)
        if oldest is None:
            self.calls += 1
        else:
            self.failures -= oldest[0]
            self.slow -= oldest[1]
        self.failures += failed
        self.slow += slow
