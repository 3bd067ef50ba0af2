"""One call to one target, from its start to its outcome."""

from datetime import datetime

import msgspec

from events.requests import Cause, Outcome
from resilience.errors import Reason
from services.gateway.domain.route import Target
from services.gateway.domain.usage import Usage


class Attempt(msgspec.Struct):
    """One call to one target. Its end is written once."""

    number: int
    target: Target
    cause: Cause
    started_at: datetime
    started: float
    """On the monotonic clock."""
    ended: float | None = None
    first_token: float | None = None
    """Seconds from the start to the first frame of a stream."""
    outcome: Outcome | None = None
    reason: Reason | None = None
    vendor_status: int | None = None
    usage: Usage | None = None
    usage_estimated: bool = False
    """The vendor did not tell: it broke off or was cancelled."""
    characters: int = 0
    """Of text that it answered with."""

    def end(self, now: float, outcome: Outcome, reason: Reason | None = None, vendor_status: int | None = None) -> None:
        """Write how it ended; a second call changes nothing."""
        if self.ended is None:
            self.ended = now
            self.outcome = outcome
            self.reason = reason
            self.vendor_status = vendor_status

    def duration(self, now: float) -> float:
        """Seconds that it took, or takes so far."""
        return (self.ended if self.ended is not None else now) - self.started
