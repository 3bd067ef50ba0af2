"""Why Cohere refuses a call or breaks off an answer: what is documented, as data.

Sources: docs.cohere.com/v2/reference/errors (statuses and sentences); cohere-ai/cohere-python
`types/chat_finish_reason.py` and `types/chat_message_end_event_delta.py` (how an answer ends).
"""

from resilience.errors import Reason
from services.providers.adapters.cohere import wire
from services.providers.adapters.vendor_body import read_error, reason_by_status
from services.providers.domain.reply import LENGTH, STOP, TOOL_CALLS

STATUSES: dict[int, Reason] = {
    401: Reason.VENDOR_AUTHENTICATION,
    402: Reason.VENDOR_QUOTA_EXHAUSTED,
    403: Reason.VENDOR_AUTHENTICATION,
    404: Reason.VENDOR_MODEL_NOT_FOUND,
    408: Reason.VENDOR_TIMEOUT,
    429: Reason.VENDOR_RATE_LIMITED,
    498: Reason.CONTENT_FILTERED,
    499: Reason.VENDOR_ERROR,
    501: Reason.VENDOR_REJECTED,
    503: Reason.VENDOR_OVERLOADED,
    504: Reason.VENDOR_TIMEOUT,
}
"""By HTTP status; other 4xx are rejections, everything else is the vendor's error. 498: a blocked word or phrase."""

PHRASES: dict[int, dict[str, Reason]] = {
    400: {
        # The answer may be too long, too, which is no matter of the context.
        "max tokens must be less than or equal to": Reason.VENDOR_REJECTED,
        "too many tokens": Reason.CONTEXT_LENGTH_EXCEEDED,
    },
    # A key for trials has so many calls a month.
    429: {"calls / month": Reason.VENDOR_QUOTA_EXHAUSTED},
}
"""By what only a sentence tells, for each status; the first that fits."""

FINISHES: dict[str, str] = {
    "COMPLETE": STOP,
    "STOP_SEQUENCE": STOP,
    "MAX_TOKENS": LENGTH,
    "TOOL_CALL": TOOL_CALLS,
}
"""What finish reasons are called by us; one that is not known is taken for `stop`, and told as it is."""

BROKEN_OFF: dict[str, Reason] = {
    "ERROR": Reason.VENDOR_ERROR,
    "TIMEOUT": Reason.VENDOR_TIMEOUT,
}
"""Finish reasons of an answer that is not finished."""


def reason_of(status: int, body: bytes) -> Reason:
    """Why a call failed that was answered with `body`."""
    message = _message(body)
    for phrase, reason in PHRASES.get(status, {}).items():
        if phrase in message:
            return reason
    return reason_by_status(status, STATUSES)


def _message(body: bytes) -> str:
    said = read_error(wire.error_body, body)
    return said.message if said is not None and isinstance(said.message, str) else ""
