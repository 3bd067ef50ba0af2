"""How much a gateway has to do, and which requests it therefore does not take."""

from resilience.criticality import Criticality
from resilience.limiter.shedding import SHARES

LATE = {Criticality.SHEDDABLE: 0.05, Criticality.BATCH: 0.1, Criticality.DEFAULT: 0.2, Criticality.CRITICAL: 2.0}
"""Seconds that the process is behind its work, from which on requests of a class begin to be refused."""
FULLY = 3.0
"""Times that much, and all of them are."""
SMOOTHING = 0.3
"""Of the newest measurement, where it is below what was measured so far; a larger one counts at once."""


class Pressure:
    """Requests under way, and how late the process is with its work. `most`: requests that fit into memory."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lag = 0.0
        self.requests = 0

    @property
    def lag(self) -> float:
        """Seconds that the process is behind its work."""
        return self._lag

    def measured(self, lag: float) -> None:
        """Something that was to happen happened `lag` seconds late."""
        self._lag = lag if lag > self._lag else self._lag + SMOOTHING * (lag - self._lag)

    def refuses(self, level: Criticality, draw: float) -> bool:
        """Whether a request of this class is not taken; `draw` is 0 to 1, so that of many a part is."""
        if self.requests > self._most * SHARES[level]:
            return True
        late = LATE[level]
        return self._lag > late and draw < (self._lag - late) / (late * (FULLY - 1.0))
