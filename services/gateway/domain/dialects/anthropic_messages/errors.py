"""Errors in Anthropic's shape.

Types and statuses: https://platform.claude.com/docs/en/api/errors; `conflict_error` from `ErrorType` of the anthropic
SDK 2.11, whose exceptions read `error.details.error_code` as the machine-readable cause.
"""

import json

from resilience.errors import Reason
from services.gateway.domain.dialect import Told

INVALID, API, OVERLOADED = "invalid_request_error", "api_error", "overloaded_error"
OVERLOADED_STATUS = 529

_BY_REASON = {
    Reason.OVERLOADED.value: OVERLOADED,
    Reason.VENDOR_OVERLOADED.value: OVERLOADED,
    Reason.VENDOR_QUOTA_EXHAUSTED.value: "billing_error",
}
_BY_STATUS = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: OVERLOADED,
}
_SERVER = 500


def error_type(reason: str, status: int) -> str:
    """Anthropic's word for an error."""
    return _BY_REASON.get(reason) or _BY_STATUS.get(status) or (INVALID if status < _SERVER else API)


def error(told: Told) -> tuple[int, bytes]:
    """See Dialect.error."""
    kind = error_type(told.reason, told.status)
    body: dict[str, object] = {
        "type": kind,
        "message": told.message,
        "param": told.param,
        "code": told.reason,
        "doc_url": told.page,
        "details": {"error_code": told.reason},
    }
    if told.vendor is not None:
        body["vendor"] = told.vendor
    status = OVERLOADED_STATUS if kind == OVERLOADED else told.status
    return status, json.dumps({"type": "error", "error": body, "request_id": told.request_id}).encode()
