"""How much a gateway has to do, and which requests it therefore does not take."""

from collections import deque

from resilience.criticality import Criticality
from resilience.limiter.shedding import SHARES

LATE = {Criticality.SHEDDABLE: 0.05, Criticality.BATCH: 0.1, Criticality.DEFAULT: 0.2, Criticality.CRITICAL: 2.0}
"""Seconds that the process is behind its work, from which on requests of a class begin to be refused."""
FULLY = 3.0
"""Times that much, and all of them are."""
STANDING = 3
"""Measurements in a row of which the least counts: a delay that passes by itself is no reason to refuse anybody."""
FEW = 8
"""Requests under way up to which none is refused for lateness: it is not they who make the process late."""


class Pressure:
    """Requests under way, and how late the process is with its work. `most`: requests that fit into memory."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lags = deque([0.0] * STANDING, maxlen=STANDING)
        self._lag = 0.0
        self.requests = 0

    @property
    def lag(self) -> float:
        """Seconds that the process stays behind its work (as CoDel tells a standing queue from a burst)."""
        return self._lag

    def measured(self, lag: float) -> None:
        """Something that was to happen happened `lag` seconds late."""
        self._lags.append(lag)
        self._lag = min(self._lags)

    def refuses(self, level: Criticality, draw: float) -> bool:
        """Whether a request of this class is not taken; `draw` is 0 to 1, so that of many a part is."""
        if self.requests > self._most * SHARES[level]:
            return True
        late = LATE[level]
        return self.requests > FEW and self._lag > late and draw < (self._lag - late) / (late * (FULLY - 1.0))
