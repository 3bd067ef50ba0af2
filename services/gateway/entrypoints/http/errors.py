"""Failures as HTTP tells them: one of two places that translate; gRPC's is chassis.grpc.status."""

import sys
from dataclasses import dataclass

import msgspec

from resilience.errors import Failure, Reason
from services.gateway.domain.dialect import Dialect, Told
from services.gateway.domain.failure import VendorFailure

REFERENCE = "/docs/errors"
"""Where the gateway serves what each code means."""


@dataclass(frozen=True)
class HttpError:
    """How a reason is told, and what it means to who reads it."""

    status: int
    type: str
    """OpenAI's class of errors; other dialects have words of their own."""
    meaning: str
    remedy: str


_INVALID = "invalid_request_error"
_SERVER = "server_error"
_VENDOR = "vendor_error"

ERRORS: dict[Reason, HttpError] = {
    Reason.UNAUTHENTICATED: HttpError(
        401, "authentication_error", "The key is missing, malformed, unknown, revoked or expired.", "Send a valid key."
    ),
    Reason.PERMISSION_DENIED: HttpError(
        403, "permission_error", "The key's role may not do this.", "Use a key with the role that is named."
    ),
    Reason.INVALID_REQUEST: HttpError(
        400, _INVALID, "The request is not well-formed; `param` names the field.", "Correct it; do not send it again."
    ),
    Reason.REQUEST_TOO_LARGE: HttpError(413, _INVALID, "The body is over the limit.", "Send less."),
    Reason.NOT_FOUND: HttpError(404, _INVALID, "There is nothing at this path or by this name.", "Check the name."),
    Reason.METHOD_NOT_ALLOWED: HttpError(
        405, _INVALID, "The path does not take this method.", "Use the one in `allow`."
    ),
    Reason.ALREADY_EXISTS: HttpError(409, _INVALID, "There is one of this name already.", "Choose another name."),
    Reason.IN_USE: HttpError(409, _INVALID, "Something else still needs it.", "Change what needs it first."),
    Reason.IDEMPOTENCY_KEY_REUSED: HttpError(
        422, _INVALID, "The idempotency key came before, with another body.", "Use a new key for a new request."
    ),
    Reason.IDEMPOTENCY_KEY_IN_FLIGHT: HttpError(
        409,
        _INVALID,
        "The request of this idempotency key is still being answered.",
        "Wait as long as `retry-after` says, then send it again.",
    ),
    Reason.NO_CAPABLE_TARGET: HttpError(
        400,
        _INVALID,
        "No target of the model's route can do what is asked; `param` names it.",
        "Ask for less, or use another model.",
    ),
    Reason.UNSUPPORTED_BY_TARGET: HttpError(
        400,
        _INVALID,
        "The target's vendor has nothing for a field of the request; `param` names it.",
        "Leave the field out, use another model, or have the route's policy drop what is unsupported.",
    ),
    Reason.MODEL_NOT_FOUND: HttpError(
        404, _INVALID, "The project has no model of this name.", "`GET /v1/models` lists those that it has."
    ),
    Reason.REQUEST_TIMEOUT: HttpError(
        408, _INVALID, "The request did not arrive whole in time.", "Send it again, faster."
    ),
    Reason.CANCELLED: HttpError(499, _INVALID, "The caller left before the answer.", "Nothing: it is for the logs."),
    Reason.RATE_LIMITED: HttpError(
        429, "rate_limit_error", "A limit of the project is reached.", "Wait as long as `retry-after` says."
    ),
    Reason.OVERLOADED: HttpError(
        503, _SERVER, "Seawall takes no more work now.", "Wait as long as `retry-after` says, then send it again."
    ),
    Reason.DEADLINE_EXCEEDED: HttpError(
        504, _SERVER, "The time allowed ran out.", "Allow more, or ask for less; it may be sent again."
    ),
    Reason.UNAVAILABLE: HttpError(503, _SERVER, "A part of Seawall is away.", "Send it again a little later."),
    Reason.INTERNAL: HttpError(
        500, _SERVER, "A fault of Seawall's own.", "Report it with its request id; the logs tell more."
    ),
    Reason.VENDOR_RATE_LIMITED: HttpError(
        429,
        "rate_limit_error",
        "The vendor's limit, not Seawall's, is reached on every target.",
        "Wait, or add targets.",
    ),
    Reason.VENDOR_OVERLOADED: HttpError(503, _VENDOR, "The vendor says that it is overloaded.", "Send it again later."),
    Reason.VENDOR_QUOTA_EXHAUSTED: HttpError(
        429, _VENDOR, "The account at the vendor has no quota left.", "Have the account's owner raise it."
    ),
    Reason.VENDOR_AUTHENTICATION: HttpError(
        502, _VENDOR, "The vendor refused the provider's credential.", "Have the provider's keys corrected."
    ),
    Reason.VENDOR_REJECTED: HttpError(
        400,
        _INVALID,
        "The vendor calls the request invalid; `vendor` has its words.",
        "Correct it; do not send it again.",
    ),
    Reason.VENDOR_MODEL_NOT_FOUND: HttpError(
        404, _VENDOR, "The vendor has no such model, or the account may not use it.", "Correct the route's target."
    ),
    Reason.VENDOR_ERROR: HttpError(502, _VENDOR, "The vendor failed.", "Send it again later."),
    Reason.VENDOR_UNREACHABLE: HttpError(502, _VENDOR, "The vendor cannot be connected to.", "Send it again later."),
    Reason.VENDOR_CONNECTION_LOST: HttpError(
        502, _VENDOR, "The vendor hung up before it answered.", "Send it again later."
    ),
    Reason.VENDOR_TIMEOUT: HttpError(504, _VENDOR, "The vendor did not answer in time.", "Allow more time."),
    Reason.VENDOR_FIRST_TOKEN_TIMEOUT: HttpError(
        504, _VENDOR, "The vendor began no answer within the route's first-token timeout.", "Send it again later."
    ),
    Reason.VENDOR_STREAM_CUT: HttpError(
        502, _VENDOR, "The vendor's stream ended before the answer did.", "What came is not the whole; send it again."
    ),
    Reason.VENDOR_STREAM_STALLED: HttpError(
        504, _VENDOR, "The vendor's stream went silent in the middle.", "What came is not the whole; send it again."
    ),
    Reason.VENDOR_MALFORMED: HttpError(502, _VENDOR, "The vendor's answer could not be read.", "Send it again later."),
    Reason.VENDOR_RESPONSE_TOO_LARGE: HttpError(
        502, _VENDOR, "The vendor's answer is over the limit.", "Ask for less."
    ),
    Reason.CONTEXT_LENGTH_EXCEEDED: HttpError(
        400, _INVALID, "The conversation is longer than the model's context.", "Shorten it, or use a larger model."
    ),
    Reason.CONTENT_FILTERED: HttpError(
        400, _INVALID, "The vendor's content filter refused; `vendor` has its words.", "Change the content."
    ),
    Reason.OTHER: HttpError(
        500, _SERVER, "A reason that is newer than what reads it.", "Upgrade the part that shows it."
    ),
}


def status_of(failure: Failure) -> int:
    """HTTP status: the vendor's own where it called the request invalid, else the reason's."""
    if failure.reason is Reason.VENDOR_REJECTED and isinstance(failure, VendorFailure) and failure.status:
        return failure.status
    return ERRORS[failure.reason].status


def error_of(failure: Failure, request_id: str, dialect: Dialect, *, events: int = 0) -> tuple[int, bytes]:
    """HTTP status and body of an error, in the shape of the caller's dialect. `events`: see Told."""
    words = failure.body if isinstance(failure, VendorFailure) else b""
    return dialect.error(
        Told(
            reason=failure.reason.value,
            message=failure.message,
            status=status_of(failure),
            kind=ERRORS[failure.reason].type,
            param=failure.detail.get("param"),
            request_id=request_id,
            page=f"{REFERENCE}#{failure.reason.value}",
            vendor=_readable(words) if words else None,
            events=events,
        )
    )


def error_headers(failure: Failure) -> tuple[tuple[bytes, bytes], ...]:
    """`retry-after` in whole seconds, where a time is known."""
    if failure.retry_after is None:
        return ()
    return ((b"retry-after", str(max(1, round(failure.retry_after + 0.5))).encode()),)


def reference() -> str:
    """docs/errors.md: every code, made from ERRORS."""
    lines = [
        "# Errors",
        "",
        "Every error has one of these codes: over HTTP as `error.code`, over gRPC as the `reason` of a",
        "`google.rpc.ErrorInfo` of domain `seawall`, in events and metrics as `reason`. Codes are never reused or",
        "renamed.",
        "",
        "| code | HTTP | meaning | what to do |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f'| <a id="{reason.value}"></a>`{reason.value}` | {error.status} | {error.meaning} | {error.remedy} |'
        for reason, error in ERRORS.items()
    ]
    return "\n".join(lines) + "\n"


def _readable(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body.decode(errors="replace")


if __name__ == "__main__":
    sys.stdout.write(reference())
