"""Why Gemini refuses a call or breaks off an answer: what is documented, as data.

Sources: ai.google.dev/gemini-api/docs/troubleshooting (statuses); googleapis/googleapis `google/rpc/code.proto`,
`google/rpc/error_details.proto` and `google/api/error_reason.proto` (codes, details, ErrorInfo's reasons);
ai.google.dev/api/generate-content and googleapis/python-genai `google/genai/types.py` (finish and block reasons);
google-gemini/gemini-cli `packages/core/src/utils/googleQuotaErrors.ts` (which quota lasts), its issues 4231 and 8437
(wording of a prompt that is too long, and of quotas).
"""

import msgspec

from resilience.errors import Reason
from services.providers.adapters.gemini import wire
from services.providers.adapters.retry_after import LONGEST
from services.providers.adapters.vendor_body import UNREADABLE, reason_by_status
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import CONTENT_FILTER, LENGTH, STOP

CODES: dict[str, Reason] = {
    "INVALID_ARGUMENT": Reason.VENDOR_REJECTED,
    "FAILED_PRECONDITION": Reason.VENDOR_REJECTED,
    "OUT_OF_RANGE": Reason.VENDOR_REJECTED,
    "UNIMPLEMENTED": Reason.VENDOR_REJECTED,
    "ALREADY_EXISTS": Reason.VENDOR_REJECTED,
    "UNAUTHENTICATED": Reason.VENDOR_AUTHENTICATION,
    "PERMISSION_DENIED": Reason.VENDOR_AUTHENTICATION,
    "NOT_FOUND": Reason.VENDOR_MODEL_NOT_FOUND,
    "RESOURCE_EXHAUSTED": Reason.VENDOR_RATE_LIMITED,
    "CANCELLED": Reason.VENDOR_ERROR,
    "ABORTED": Reason.VENDOR_ERROR,
    "INTERNAL": Reason.VENDOR_ERROR,
    "UNKNOWN": Reason.VENDOR_ERROR,
    "DATA_LOSS": Reason.VENDOR_ERROR,
    "UNAVAILABLE": Reason.VENDOR_OVERLOADED,
    "DEADLINE_EXCEEDED": Reason.VENDOR_TIMEOUT,
}
"""By google.rpc.Code, which the body has as `status`."""

STATUSES: dict[int, Reason] = {
    401: Reason.VENDOR_AUTHENTICATION,
    403: Reason.VENDOR_AUTHENTICATION,
    404: Reason.VENDOR_MODEL_NOT_FOUND,
    408: Reason.VENDOR_TIMEOUT,
    429: Reason.VENDOR_RATE_LIMITED,
    499: Reason.VENDOR_ERROR,
    501: Reason.VENDOR_REJECTED,
    503: Reason.VENDOR_OVERLOADED,
    504: Reason.VENDOR_TIMEOUT,
}
"""By HTTP status, where the body says nothing; other 4xx are rejections, everything else is the vendor's error."""

INFOS: dict[str, Reason] = {
    "API_KEY_INVALID": Reason.VENDOR_AUTHENTICATION,  # an INVALID_ARGUMENT
    "API_KEY_SERVICE_BLOCKED": Reason.VENDOR_AUTHENTICATION,
    "API_KEY_HTTP_REFERRER_BLOCKED": Reason.VENDOR_AUTHENTICATION,
    "API_KEY_IP_ADDRESS_BLOCKED": Reason.VENDOR_AUTHENTICATION,
    "SERVICE_DISABLED": Reason.VENDOR_AUTHENTICATION,
    "CONSUMER_INVALID": Reason.VENDOR_AUTHENTICATION,
    "CONSUMER_SUSPENDED": Reason.VENDOR_AUTHENTICATION,
    "ACCESS_TOKEN_EXPIRED": Reason.VENDOR_AUTHENTICATION,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": Reason.VENDOR_AUTHENTICATION,
    "ACCOUNT_STATE_INVALID": Reason.VENDOR_AUTHENTICATION,
    "BILLING_DISABLED": Reason.VENDOR_QUOTA_EXHAUSTED,
    "RESOURCE_QUOTA_EXCEEDED": Reason.VENDOR_QUOTA_EXHAUSTED,
    "QUOTA_EXHAUSTED": Reason.VENDOR_QUOTA_EXHAUSTED,
}
"""By the `reason` of an ErrorInfo, which is more exact than the code."""

PHRASES: dict[str, dict[str, Reason]] = {
    "INVALID_ARGUMENT": {
        "exceeds the maximum number of tokens allowed": Reason.CONTEXT_LENGTH_EXCEEDED,
        "but model only supports up to": Reason.CONTEXT_LENGTH_EXCEEDED,  # Vertex AI
        "API key not valid": Reason.VENDOR_AUTHENTICATION,
        "API key expired": Reason.VENDOR_AUTHENTICATION,
    },
    "FAILED_PRECONDITION": {
        # The free tier is not for the country that the key is used in; a project with billing is.
        "location is not supported": Reason.VENDOR_AUTHENTICATION,
        "billing": Reason.VENDOR_AUTHENTICATION,
    },
    # A file of the request, and not the credential, which would have to rest for it.
    "PERMISSION_DENIED": {"access the File": Reason.VENDOR_REJECTED},
    "NOT_FOUND": {"File": Reason.VENDOR_REJECTED, "Cached content": Reason.VENDOR_REJECTED},
    "RESOURCE_EXHAUSTED": {
        "credits are depleted": Reason.VENDOR_QUOTA_EXHAUSTED,
        "spending cap": Reason.VENDOR_QUOTA_EXHAUSTED,
    },
}
"""By what only a sentence tells, for each code."""

LASTING = ("PerDay", "Daily")
"""What the id of a quota has that is not there again soon."""

FINISHES: dict[str, str] = {
    "STOP": STOP,
    "MAX_TOKENS": LENGTH,
    "SAFETY": CONTENT_FILTER,
    "RECITATION": CONTENT_FILTER,
    "LANGUAGE": CONTENT_FILTER,
    "BLOCKLIST": CONTENT_FILTER,
    "PROHIBITED_CONTENT": CONTENT_FILTER,
    "SPII": CONTENT_FILTER,
    "IMAGE_SAFETY": CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": CONTENT_FILTER,
    "IMAGE_RECITATION": CONTENT_FILTER,
    "MODEL_ARMOR": CONTENT_FILTER,  # Vertex AI
}
"""What finish reasons are called by us; one that is not known is taken for `stop`, and told as it is."""

BROKEN_OFF: dict[str, Reason] = {
    "FINISH_REASON_UNSPECIFIED": Reason.VENDOR_MALFORMED,
    "MALFORMED_FUNCTION_CALL": Reason.VENDOR_MALFORMED,
    "MALFORMED_RESPONSE": Reason.VENDOR_MALFORMED,
    "UNEXPECTED_TOOL_CALL": Reason.VENDOR_MALFORMED,
    "TOO_MANY_TOOL_CALLS": Reason.VENDOR_ERROR,
    "MISSING_THOUGHT_SIGNATURE": Reason.VENDOR_REJECTED,
    "NO_IMAGE": Reason.VENDOR_ERROR,
    "IMAGE_OTHER": Reason.VENDOR_ERROR,
    "OTHER": Reason.VENDOR_ERROR,
}
"""Finish reasons of an answer that is not finished."""


def reason_of(status: int, body: bytes) -> Reason:
    """Why a call failed that was answered with `body`; `status` below 400 where the error came in an answer."""
    error = _error(body)
    by_body = _by_body(error)
    if by_body is not None:
        return by_body
    if status < _BAD_REQUEST and isinstance(error.code, int):
        status = error.code
    return reason_by_status(status, STATUSES)


def retry_after(body: bytes) -> float | None:
    """Seconds that the body of an error asks to wait in a RetryInfo, at most LONGEST; None where it does not."""
    for detail in _details(_error(body)):
        # protobuf's JSON of a Duration: seconds with up to nine decimals, and an `s`.
        seconds, unit = detail.retry_delay[:-1], detail.retry_delay[-1:]
        if unit == "s" and seconds.replace(".", "", 1).isdecimal():
            return min(float(seconds), LONGEST)
    return None


def failure(status: int, body: bytes) -> VendorFailure:
    """What came with `status`, and is an error."""
    return VendorFailure(reason_of(status, body), status=status, body=body, retry_after=retry_after(body))


def is_error(body: bytes) -> bool:
    """Whether `body` is a google.rpc.Status that is not within an `error`."""
    error = _error(body)
    return error.code is not None and bool(error.message or error.status)


def _by_body(error: wire.Status) -> Reason | None:
    """What the error says of itself, the most exact first."""
    details = _details(error)
    for detail in details:
        if detail.reason in INFOS:
            return INFOS[detail.reason]
    for phrase, reason in PHRASES.get(error.status, {}).items():
        if phrase in error.message:
            return reason
    reason_by_code = CODES.get(error.status)
    if reason_by_code is Reason.VENDOR_RATE_LIMITED and any(map(_lasts, details)):
        return Reason.VENDOR_QUOTA_EXHAUSTED
    return reason_by_code


def _lasts(detail: wire.Detail) -> bool:
    """Whether it tells of a quota that is not there again soon, or never was."""
    return any(
        violation.quota_value == "0" or any(word in violation.quota_id for word in LASTING)
        for violation in detail.violations or ()
    )


def _details(error: wire.Status) -> list[wire.Detail]:
    """Those that can be read."""
    read: list[wire.Detail] = []
    for raw in error.details or ():
        try:
            read.append(wire.detail.decode(raw))
        except msgspec.DecodeError:
            continue  # another kind's, whose fields mean something else
    return read


def _error(body: bytes) -> wire.Status:
    """The status, wherever it is; an empty one where the body is something else."""
    try:
        said = wire.error_body.decode(body)
        error = said.error if isinstance(said, wire.ErrorBody) else next((each.error for each in said), None)
        return error if error is not None else wire.status.decode(body)
    except UNREADABLE:
        return wire.Status()


_BAD_REQUEST = 400
