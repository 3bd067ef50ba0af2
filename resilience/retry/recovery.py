"""What to do next when an attempt failed, and what its failure says of the target."""

from enum import Enum

from resilience.errors import Failure, Reason
from resilience.retry.backoff import Backoff


class Recovery(Enum):
    """What to do next."""

    RETRY = "retry"
    """The same target may well answer now; then the next."""
    WAIT = "wait"
    """The same target answers after its rest; until then, the next."""
    NEXT = "next"
    """Only another target can help."""
    ELSEWHERE = "elsewhere"
    """Only a target can help that the route names for this reason: one with a larger context, or another policy."""
    STOP = "stop"
    """No target can help: it is the request that is wrong, or its caller or its time is gone."""


RECOVERIES: dict[Reason, Recovery] = {
    Reason.UNSUPPORTED_BY_TARGET: Recovery.NEXT,
    Reason.VENDOR_ERROR: Recovery.RETRY,
    Reason.VENDOR_CONNECTION_LOST: Recovery.RETRY,
    # Who speaks to the vendor, not the vendor: another replica may answer.
    Reason.UNAVAILABLE: Recovery.RETRY,
    Reason.OVERLOADED: Recovery.RETRY,
    Reason.VENDOR_RATE_LIMITED: Recovery.WAIT,
    Reason.VENDOR_OVERLOADED: Recovery.NEXT,
    Reason.VENDOR_QUOTA_EXHAUSTED: Recovery.NEXT,
    Reason.VENDOR_AUTHENTICATION: Recovery.NEXT,
    Reason.VENDOR_MODEL_NOT_FOUND: Recovery.NEXT,
    Reason.VENDOR_UNREACHABLE: Recovery.NEXT,
    Reason.VENDOR_TIMEOUT: Recovery.NEXT,
    Reason.VENDOR_FIRST_TOKEN_TIMEOUT: Recovery.NEXT,
    Reason.VENDOR_STREAM_CUT: Recovery.NEXT,
    Reason.VENDOR_STREAM_STALLED: Recovery.NEXT,
    Reason.VENDOR_MALFORMED: Recovery.NEXT,
    Reason.VENDOR_RESPONSE_TOO_LARGE: Recovery.NEXT,
    Reason.CONTEXT_LENGTH_EXCEEDED: Recovery.ELSEWHERE,
    Reason.CONTENT_FILTERED: Recovery.ELSEWHERE,
}
"""What is not listed stops the request."""

PASSING = frozenset(
    {Reason.VENDOR_OVERLOADED, Reason.VENDOR_UNREACHABLE, Reason.VENDOR_STREAM_CUT, Reason.VENDOR_MALFORMED}
)
"""For what another target is the better bet, but the same one may answer as well where there is no other."""

AGAINST_TARGET = frozenset(
    {
        Reason.VENDOR_ERROR,
        Reason.VENDOR_OVERLOADED,
        Reason.VENDOR_QUOTA_EXHAUSTED,
        Reason.VENDOR_AUTHENTICATION,
        Reason.VENDOR_MODEL_NOT_FOUND,
        Reason.VENDOR_UNREACHABLE,
        Reason.VENDOR_CONNECTION_LOST,
        Reason.VENDOR_TIMEOUT,
        Reason.VENDOR_FIRST_TOKEN_TIMEOUT,
        Reason.VENDOR_STREAM_CUT,
        Reason.VENDOR_STREAM_STALLED,
        Reason.VENDOR_MALFORMED,
    }
)
"""What would meet the next request, too."""


def recovery_from(reason: Reason) -> Recovery:
    """What to do after an attempt failed for `reason`, before anything of its answer was passed on."""
    return RECOVERIES.get(reason, Recovery.STOP)


def counts_against_target(reason: Reason) -> bool:
    """Whether a failure says something about its target's health, for breakers and verdicts.

    It does where any other request would have met it: errors, silence, broken streams, and what keeps a target from
    answering at all (no credential, no quota, no such model). It does not where the request was at fault (rejected,
    too long, filtered, an answer as large as it asked for), where its caller or its time went away, or where Seawall
    itself failed on the way to the vendor. Nor does a rate limit: the vendor is well, that rest is kept elsewhere, and
    a breaker would only add its own guess of it; balancing counts it as a failure all the same.
    """
    return reason in AGAINST_TARGET


def retry_delay(failure: Failure, backoff: Backoff, cap: float = 60.0) -> float:
    """Seconds before the same target is asked again: what it said itself, up to `cap`, else the next of `backoff`."""
    if failure.retry_after is None:
        return backoff.next()
    return min(max(failure.retry_after, 0.0), cap)
