"""How often one request may knock at a door that does not open."""

_ROUNDING = 1e-9


class Pace:
    """One request's attempts at a family of targets that fails: `burst` in any `within` seconds, `most` in all.

    A family is what fails together, such as the targets of one provider. Times are seconds of one monotonic clock.
    """

    __slots__ = ("_burst", "_most", "_times", "_within")

    def __init__(self, *, most: int = 6, burst: int = 4, within: float = 3.0) -> None:
        if most < 1 or burst < 1 or within < 0.0:
            raise ValueError("a pace lets at least one attempt pass")
        self._most = most
        self._burst = burst
        self._within = within
        self._times: list[float] = []

    def wait(self, now: float) -> float | None:
        """Seconds until the next attempt may be made, 0.0 where it may now; None where there are to be no more."""
        times = self._times
        if len(times) >= self._most:
            return None
        if len(times) < self._burst:
            return 0.0
        left = times[-self._burst] + self._within - now
        # Who waits as long as told is not sent back for what a float lost.
        return left if left > _ROUNDING else 0.0

    def note(self, now: float) -> None:
        """An attempt begins."""
        self._times.append(now)
