"""Failures as gRPC tells them: google.rpc.Status with the reason in an ErrorInfo. One of two places that translate."""

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from resilience.errors import Failure, Reason

DOMAIN = "seawall"

CODES: dict[Reason, grpc.StatusCode] = {
    Reason.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Reason.PERMISSION_DENIED: grpc.StatusCode.PERMISSION_DENIED,
    Reason.INVALID_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    Reason.REQUEST_TOO_LARGE: grpc.StatusCode.INVALID_ARGUMENT,
    Reason.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Reason.METHOD_NOT_ALLOWED: grpc.StatusCode.UNIMPLEMENTED,
    Reason.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Reason.IN_USE: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.IDEMPOTENCY_KEY_REUSED: grpc.StatusCode.INVALID_ARGUMENT,
    Reason.IDEMPOTENCY_KEY_IN_FLIGHT: grpc.StatusCode.ABORTED,
    Reason.NO_CAPABLE_TARGET: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.UNSUPPORTED_BY_TARGET: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.MODEL_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Reason.REQUEST_TIMEOUT: grpc.StatusCode.DEADLINE_EXCEEDED,
    Reason.CANCELLED: grpc.StatusCode.CANCELLED,
    Reason.RATE_LIMITED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.OVERLOADED: grpc.StatusCode.UNAVAILABLE,
    Reason.DEADLINE_EXCEEDED: grpc.StatusCode.DEADLINE_EXCEEDED,
    Reason.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Reason.INTERNAL: grpc.StatusCode.INTERNAL,
    Reason.VENDOR_RATE_LIMITED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.VENDOR_OVERLOADED: grpc.StatusCode.UNAVAILABLE,
    Reason.VENDOR_QUOTA_EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.VENDOR_AUTHENTICATION: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.VENDOR_REJECTED: grpc.StatusCode.INVALID_ARGUMENT,
    Reason.VENDOR_MODEL_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Reason.VENDOR_ERROR: grpc.StatusCode.UNAVAILABLE,
    Reason.VENDOR_UNREACHABLE: grpc.StatusCode.UNAVAILABLE,
    Reason.VENDOR_CONNECTION_LOST: grpc.StatusCode.UNAVAILABLE,
    Reason.VENDOR_TIMEOUT: grpc.StatusCode.DEADLINE_EXCEEDED,
    Reason.VENDOR_FIRST_TOKEN_TIMEOUT: grpc.StatusCode.DEADLINE_EXCEEDED,
    Reason.VENDOR_STREAM_CUT: grpc.StatusCode.UNAVAILABLE,
    Reason.VENDOR_STREAM_STALLED: grpc.StatusCode.DEADLINE_EXCEEDED,
    Reason.VENDOR_MALFORMED: grpc.StatusCode.UNAVAILABLE,
    Reason.VENDOR_RESPONSE_TOO_LARGE: grpc.StatusCode.UNAVAILABLE,
    Reason.CONTEXT_LENGTH_EXCEEDED: grpc.StatusCode.INVALID_ARGUMENT,
    Reason.CONTENT_FILTERED: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.OTHER: grpc.StatusCode.UNKNOWN,
}

_REASONS: dict[grpc.StatusCode, Reason] = {
    grpc.StatusCode.CANCELLED: Reason.CANCELLED,
    grpc.StatusCode.INVALID_ARGUMENT: Reason.INVALID_REQUEST,
    grpc.StatusCode.DEADLINE_EXCEEDED: Reason.DEADLINE_EXCEEDED,
    grpc.StatusCode.NOT_FOUND: Reason.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: Reason.ALREADY_EXISTS,
    grpc.StatusCode.PERMISSION_DENIED: Reason.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED: Reason.UNAUTHENTICATED,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Reason.OVERLOADED,
    grpc.StatusCode.UNIMPLEMENTED: Reason.METHOD_NOT_ALLOWED,
    grpc.StatusCode.UNAVAILABLE: Reason.UNAVAILABLE,
}
"""For what a peer's gRPC library says by itself, without our ErrorInfo."""

_KNOWN = frozenset(reason.value for reason in Reason)
"""A newer peer may name a reason that is not among them."""

_RETRYABLE = "retryable"


def to_status(failure: Failure) -> grpc.Status:
    """What a server answers for `failure`."""
    return rpc_status.to_status(to_message(failure))


def to_message(failure: Failure) -> Status:
    """`failure` as google.rpc.Status, with the reason in an ErrorInfo and the delay, if any, in a RetryInfo."""
    info = ErrorInfo(reason=failure.reason.value, domain=DOMAIN, metadata=failure.detail)
    info.metadata[_RETRYABLE] = str(failure.retryable).lower()
    details = [_pack(info)]
    if failure.retry_after is not None:
        delay = Duration()
        delay.FromNanoseconds(int(failure.retry_after * 1e9))
        details.append(_pack(RetryInfo(retry_delay=delay)))
    code = CODES[failure.reason]
    return Status(code=code.value[0], message=failure.message, details=details)


def from_error(error: grpc.aio.AioRpcError) -> Failure:
    """The failure that a peer told, or the nearest to what its library said."""
    status = _status_of(error)
    told = None if status is None else from_message(status)
    if told is not None:
        return told
    reason = _REASONS.get(error.code(), Reason.INTERNAL)
    return Failure(reason, error.details() or "", retryable=reason in {Reason.UNAVAILABLE, Reason.OVERLOADED})


def from_message(status: Status) -> Failure | None:
    """The failure that `to_message` made `status` of; None where it is another's."""
    info, retry = ErrorInfo(), RetryInfo()
    for detail in status.details:
        if detail.Is(ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(RetryInfo.DESCRIPTOR):
            detail.Unpack(retry)
    if info.domain != DOMAIN or info.reason not in _KNOWN:
        return None
    detail_pairs = dict(info.metadata)
    return Failure(
        Reason(info.reason),
        status.message,
        retryable=detail_pairs.pop(_RETRYABLE, "") == "true",
        retry_after=retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
        detail=detail_pairs,
    )


def _status_of(error: grpc.aio.AioRpcError) -> Status | None:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return Status.FromString(value)
    return None


def _pack(message: ErrorInfo | RetryInfo) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
