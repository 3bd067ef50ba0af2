"""Leave to ask a target once, and how its going is told to all who learn from it."""

from enum import Enum

import msgspec

from resilience.balance import Call
from resilience.breaker import Permit
from resilience.errors import Reason
from resilience.limiter.concurrency import Slot
from resilience.retry import Recovery, counts_against_target, recovery_from


class Refusal(Enum):
    """Why a target may not be asked now."""

    EJECTED = "its breaker is open"
    FULL = "it has as much to do as it can take"


class Grant(msgspec.Struct, frozen=True):
    """Leave to ask once. Tell it one end; the first counts."""

    permit: Permit | None
    """None: there is no breaker."""
    slot: Slot
    call: Call | None
    """None: nobody compares the target with others by its load."""

    def succeed(self, seconds: float, *, latency: float) -> None:
        """It answered whole in `seconds`; the answer began after `latency`."""
        if self.call is not None:
            self.call.end(True)
        self.slot.release(latency)
        if self.permit is not None:
            self.permit.succeed(seconds)

    def fail(self, reason: Reason, seconds: float) -> None:
        """It did not answer."""
        # It was well enough to say what is wrong with the request.
        well = recovery_from(reason) in _REQUESTS_FAULT
        if self.call is not None:
            self.call.end(well)
        self.slot.release(None, dropped=reason in _DROPPED)
        if self.permit is None:
            return
        if counts_against_target(reason):
            self.permit.fail(reason.value)
        elif well:
            self.permit.succeed(seconds)
        else:
            self.permit.abandon()

    def abandon(self) -> None:
        """It was not let finish; that says nothing of it."""
        if self.call is not None:
            self.call.abandon()
        self.slot.release(None)
        if self.permit is not None:
            self.permit.abandon()


_REQUESTS_FAULT = frozenset({Recovery.STOP, Recovery.ELSEWHERE})
_DROPPED = frozenset({Reason.VENDOR_OVERLOADED, Reason.VENDOR_TIMEOUT, Reason.VENDOR_FIRST_TOKEN_TIMEOUT})
"""Signs that it has more to do than it can."""
