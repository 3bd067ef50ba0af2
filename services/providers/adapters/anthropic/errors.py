"""Why Anthropic refuses a call: the documented errors as data.

Sources: platform.claude.com/docs/en/api/errors (statuses, types, spend limits by 400); `types/shared/error_type.py`
and the `*_error_details.py` beside it in the official Python SDK 2.11 (types and codes); the sentences are as
Anthropic's API says them in github.com/anthropics/claude-code/issues/228 and github.com/continuedev/continue/issues/
11222 and 11371.
"""

from resilience.errors import Reason
from services.providers.adapters.anthropic import wire
from services.providers.adapters.vendor_body import read_error, reason_by_status

CODES: dict[str, Reason] = {
    "contract_spend_limit_reached": Reason.VENDOR_QUOTA_EXHAUSTED,
    "enforced_spend_limit_reached": Reason.VENDOR_QUOTA_EXHAUSTED,
    "linked_organization_spend_limit_reached": Reason.VENDOR_QUOTA_EXHAUSTED,
    "linked_organization_billing_unavailable": Reason.VENDOR_QUOTA_EXHAUSTED,
    "user_profile_billing_not_authorized": Reason.VENDOR_QUOTA_EXHAUSTED,
    "organization_on_hold": Reason.VENDOR_AUTHENTICATION,
    "ramp_limit_exceeded": Reason.VENDOR_RATE_LIMITED,
    "request_body_too_large_after_decoding": Reason.VENDOR_REJECTED,
}
"""By `error.details.error_code`."""

PHRASES: dict[str, Reason] = {
    "prompt is too long": Reason.CONTEXT_LENGTH_EXCEEDED,
    "exceed context limit": Reason.CONTEXT_LENGTH_EXCEEDED,
    "credit balance is too low": Reason.VENDOR_QUOTA_EXHAUSTED,
    "specified API usage limits": Reason.VENDOR_QUOTA_EXHAUSTED,
    "content filtering policy": Reason.CONTENT_FILTERED,
}
"""By the message, where an `invalid_request_error` has no code."""

TYPES: dict[str, Reason] = {
    "invalid_request_error": Reason.VENDOR_REJECTED,
    "authentication_error": Reason.VENDOR_AUTHENTICATION,
    "billing_error": Reason.VENDOR_QUOTA_EXHAUSTED,
    "permission_error": Reason.VENDOR_AUTHENTICATION,
    "not_found_error": Reason.VENDOR_MODEL_NOT_FOUND,
    "conflict_error": Reason.VENDOR_REJECTED,
    "request_too_large": Reason.VENDOR_REJECTED,
    "rate_limit_error": Reason.VENDOR_RATE_LIMITED,
    "api_error": Reason.VENDOR_ERROR,
    "timeout_error": Reason.VENDOR_TIMEOUT,
    "overloaded_error": Reason.VENDOR_OVERLOADED,
}
"""By the error's type: what tells an error in the middle of a stream."""

STATUSES: dict[int, Reason] = {
    400: Reason.VENDOR_REJECTED,
    401: Reason.VENDOR_AUTHENTICATION,
    402: Reason.VENDOR_QUOTA_EXHAUSTED,
    403: Reason.VENDOR_AUTHENTICATION,
    404: Reason.VENDOR_MODEL_NOT_FOUND,
    408: Reason.VENDOR_TIMEOUT,
    409: Reason.VENDOR_REJECTED,
    413: Reason.VENDOR_REJECTED,
    429: Reason.VENDOR_RATE_LIMITED,
    500: Reason.VENDOR_ERROR,
    503: Reason.VENDOR_OVERLOADED,
    504: Reason.VENDOR_TIMEOUT,
    529: Reason.VENDOR_OVERLOADED,
}
"""By HTTP status; other 4xx are rejections, everything else is the vendor's error."""


def reason_of(status: int, body: bytes) -> Reason:
    """Why a call failed that was answered with `body`; `status` below 400 where the error came in an answer."""
    error = _error(body)
    if status < _SERVER_ERROR and (told := _told(error)) is not None:
        return told
    if status < _BAD_REQUEST:
        return TYPES.get(error.type or "", Reason.VENDOR_ERROR)
    return reason_by_status(status, STATUSES)


def _told(error: wire.ErrorObject) -> Reason | None:
    """What the error says more exactly than its status or type."""
    if error.details is not None and error.details.error_code in CODES:
        return CODES[error.details.error_code]
    if error.type not in {None, "invalid_request_error"} or error.message is None:
        return None
    return next((reason for phrase, reason in PHRASES.items() if phrase in error.message), None)


def _error(body: bytes) -> wire.ErrorObject:
    """The error object; an empty one where the body is something else."""
    said = read_error(wire.error_body, body)
    return (said.error if said is not None else None) or wire.ErrorObject()


_BAD_REQUEST = 400
_SERVER_ERROR = 500
