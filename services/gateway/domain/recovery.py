"""What to do next when an attempt failed."""

from enum import Enum

from resilience.errors import Reason


class Recovery(Enum):
    """What to do next."""

    RETRY = "retry"
    """The same target may well answer now; then the next."""
    NEXT = "next"
    """Only another target can help."""
    STOP = "stop"
    """No target can help: it is the request that is wrong, or its caller or its time is gone."""


RECOVERIES: dict[Reason, Recovery] = {
    Reason.VENDOR_ERROR: Recovery.RETRY,
    Reason.VENDOR_CONNECTION_LOST: Recovery.RETRY,
    # The providers service, not the vendor: another replica may answer.
    Reason.UNAVAILABLE: Recovery.RETRY,
    Reason.OVERLOADED: Recovery.RETRY,
    Reason.VENDOR_RATE_LIMITED: Recovery.NEXT,
    Reason.VENDOR_OVERLOADED: Recovery.NEXT,
    Reason.VENDOR_QUOTA_EXHAUSTED: Recovery.NEXT,
    Reason.VENDOR_AUTHENTICATION: Recovery.NEXT,
    Reason.VENDOR_MODEL_NOT_FOUND: Recovery.NEXT,
    Reason.VENDOR_UNREACHABLE: Recovery.NEXT,
    Reason.VENDOR_TIMEOUT: Recovery.NEXT,
    Reason.VENDOR_FIRST_TOKEN_TIMEOUT: Recovery.NEXT,
    Reason.VENDOR_STREAM_CUT: Recovery.NEXT,
    Reason.VENDOR_MALFORMED: Recovery.NEXT,
    Reason.VENDOR_RESPONSE_TOO_LARGE: Recovery.NEXT,
    Reason.CONTEXT_LENGTH_EXCEEDED: Recovery.NEXT,
}
"""What is not listed stops the request."""


def recovery_from(reason: Reason) -> Recovery:
    """What to do after an attempt failed for `reason`, before anything of its answer was passed on."""
    return RECOVERIES.get(reason, Recovery.STOP)
