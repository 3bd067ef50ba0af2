"""Reasons and figures as a person reads them."""

from collections.abc import Mapping
from types import MappingProxyType

from events.base import Tokens
from resilience.errors import Reason

WHY: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.UNAUTHENTICATED: "the caller's key is not valid",
        Reason.PERMISSION_DENIED: "the caller's key may not do this",
        Reason.INVALID_REQUEST: "the request is not well-formed",
        Reason.REQUEST_TOO_LARGE: "the request is over the limit of its size",
        Reason.NOT_FOUND: "what was asked for is not there",
        Reason.METHOD_NOT_ALLOWED: "the path does not take this method",
        Reason.ALREADY_EXISTS: "there is one of this name already",
        Reason.IN_USE: "something else still needs it",
        Reason.IDEMPOTENCY_KEY_REUSED: "the idempotency key came before, with another body",
        Reason.IDEMPOTENCY_KEY_IN_FLIGHT: "the request of this idempotency key was still being answered",
        Reason.NO_CAPABLE_TARGET: "no target of the route can do what is asked",
        Reason.UNSUPPORTED_BY_TARGET: "the target's vendor has nothing for a field of the request",
        Reason.MODEL_NOT_FOUND: "the project has no such model",
        Reason.REQUEST_TIMEOUT: "the request did not arrive whole in time",
        Reason.CANCELLED: "the caller left",
        Reason.RATE_LIMITED: "a limit of the project was reached",
        Reason.OVERLOADED: "Seawall took no more work",
        Reason.DEADLINE_EXCEEDED: "the time allowed ran out",
        Reason.UNAVAILABLE: "a part of Seawall was away",
        Reason.INTERNAL: "something failed inside Seawall",
        Reason.VENDOR_RATE_LIMITED: "the vendor's rate limit was reached",
        Reason.VENDOR_OVERLOADED: "the vendor said that it is overloaded",
        Reason.VENDOR_QUOTA_EXHAUSTED: "the account at the vendor has no quota left",
        Reason.VENDOR_AUTHENTICATION: "the vendor refused the provider's credential",
        Reason.VENDOR_REJECTED: "the vendor called the request invalid",
        Reason.VENDOR_MODEL_NOT_FOUND: "the vendor has no such model for this account",
        Reason.VENDOR_ERROR: "the vendor failed",
        Reason.VENDOR_UNREACHABLE: "the vendor could not be connected to",
        Reason.VENDOR_CONNECTION_LOST: "the vendor hung up before it answered",
        Reason.VENDOR_TIMEOUT: "the vendor did not answer in time",
        Reason.VENDOR_FIRST_TOKEN_TIMEOUT: "the vendor began no answer in time",
        Reason.VENDOR_STREAM_CUT: "the vendor's stream ended before the answer did",
        Reason.VENDOR_STREAM_STALLED: "the vendor's stream went silent in the middle",
        Reason.VENDOR_MALFORMED: "the vendor's answer could not be read",
        Reason.VENDOR_RESPONSE_TOO_LARGE: "the vendor's answer was over the limit of its size",
        Reason.CONTEXT_LENGTH_EXCEEDED: "the conversation is longer than the model's context",
        Reason.CONTENT_FILTERED: "the vendor's content filter refused",
        Reason.OTHER: "of a reason that this version has no word for",
    }
)
"""Each reason as the rest of a sentence: `It failed: …`."""

_FINE, _SECOND, _MINUTE = 10.0, 1_000.0, 60_000.0
"""Milliseconds."""


def reason_told(reason: Reason | None, vendor_status: int | None = None) -> str:
    """A reason in words, with its code for who looks it up."""
    if reason is None:
        return "no reason was told"
    status = f", HTTP {vendor_status}" if vendor_status else ""
    return f"{WHY[reason]} ({reason.value}{status})"


def span(milliseconds: float) -> str:
    """A length of time: `0.4 ms`, `312 ms`, `1.25 s`, `2 min 5 s`."""
    if milliseconds < _FINE:
        return f"{milliseconds:.1f} ms"
    if milliseconds < _SECOND:
        return f"{milliseconds:.0f} ms"
    if milliseconds < _MINUTE:
        return f"{milliseconds / _SECOND:.2f} s"
    minutes, seconds = divmod(round(milliseconds / _SECOND), 60)
    return f"{minutes} min {seconds} s"


def tokens_told(tokens: Tokens) -> str:
    """`120 tokens in (100 of them cached) and 40 out`."""
    parts = {"cached": tokens.cached_input, "put into the cache": tokens.cache_write}
    told = " and ".join(f"{count} of them {what}" for what, count in parts.items() if count)
    cached = f" ({told})" if told else ""
    reasoning = f" ({tokens.reasoning} of them for reasoning)" if tokens.reasoning else ""
    return f"{counted(tokens.input, 'token')} in{cached} and {tokens.output} out{reasoning}"


def counted(number: int, noun: str) -> str:
    """`1 attempt`, `3 attempts`."""
    return f"{number} {noun}{'s' * (number != 1)}"
