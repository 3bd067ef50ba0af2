"""Why a call did not succeed: one closed list of reasons, and the one failure that carries them."""

from enum import StrEnum


class Reason(StrEnum):
    """Why. The value is the metric label, the event field, ErrorInfo's reason and the anchor in docs/errors.md."""

    # The caller's request.
    UNAUTHENTICATED = "unauthenticated"
    PERMISSION_DENIED = "permission_denied"
    INVALID_REQUEST = "invalid_request"
    REQUEST_TOO_LARGE = "request_too_large"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    ALREADY_EXISTS = "already_exists"
    IN_USE = "in_use"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    IDEMPOTENCY_KEY_IN_FLIGHT = "idempotency_key_in_flight"
    NO_CAPABLE_TARGET = "no_capable_target"
    UNSUPPORTED_BY_TARGET = "unsupported_by_target"
    MODEL_NOT_FOUND = "model_not_found"
    REQUEST_TIMEOUT = "request_timeout"
    CANCELLED = "cancelled"

    # Seawall itself.
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"

    # A vendor.
    VENDOR_RATE_LIMITED = "vendor_rate_limited"
    VENDOR_OVERLOADED = "vendor_overloaded"
    VENDOR_QUOTA_EXHAUSTED = "vendor_quota_exhausted"
    VENDOR_AUTHENTICATION = "vendor_authentication"
    VENDOR_REJECTED = "vendor_rejected"
    VENDOR_MODEL_NOT_FOUND = "vendor_model_not_found"
    VENDOR_ERROR = "vendor_error"
    VENDOR_UNREACHABLE = "vendor_unreachable"
    VENDOR_CONNECTION_LOST = "vendor_connection_lost"
    VENDOR_TIMEOUT = "vendor_timeout"
    VENDOR_FIRST_TOKEN_TIMEOUT = "vendor_first_token_timeout"  # noqa: S105 - a reason, not a credential
    VENDOR_STREAM_CUT = "vendor_stream_cut"
    VENDOR_STREAM_STALLED = "vendor_stream_stalled"
    VENDOR_MALFORMED = "vendor_malformed"
    VENDOR_RESPONSE_TOO_LARGE = "vendor_response_too_large"
    CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"
    CONTENT_FILTERED = "content_filtered"

    OTHER = "other"
    """Read from somewhere newer: a reason that this version has no word for. Never written."""


class Failure(Exception):  # noqa: N818 - the word of the trade; every layer raises and catches this one
    """Something did not succeed, and this tells the receiver what to do next.

    `message` is for the caller to read: it holds no credential, no prompt text and no stack. `retryable` says that
    the same call may succeed later; `retry_after` says after how many seconds, where somebody knows. `detail` names
    what the message is about in machine-readable pairs, such as the field that is wrong.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        detail: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after
        self.detail = detail or {}
