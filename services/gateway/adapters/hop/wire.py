"""Envelopes, frames and failures as they travel."""

from resilience.errors import Failure, Reason
from seawall.providers.v1 import provider_pb2 as pb
from services.gateway.application.ports import Envelope, Frame
from services.gateway.domain.dialect import Name
from services.gateway.domain.failure import VendorFailure
from services.gateway.domain.route import Unsupported
from services.gateway.domain.usage import Usage

_DIALECTS = {
    Name.OPENAI_CHAT: pb.DIALECT_OPENAI_CHAT,
    Name.ANTHROPIC_MESSAGES: pb.DIALECT_ANTHROPIC_MESSAGES,
    Name.OPENAI_EMBEDDINGS: pb.DIALECT_OPENAI_EMBEDDINGS,
    Name.OPENAI_COMPLETIONS: pb.DIALECT_OPENAI_COMPLETIONS,
    Name.ANTHROPIC_COUNT_TOKENS: pb.DIALECT_ANTHROPIC_COUNT_TOKENS,
    Name.OPENAI_RESPONSES: pb.DIALECT_OPENAI_RESPONSES,
}
_UNSUPPORTED = {
    Unsupported.AUTO: pb.UNSUPPORTED_AUTO,
    Unsupported.ERROR: pb.UNSUPPORTED_ERROR,
    Unsupported.DROP: pb.UNSUPPORTED_DROP,
}


def write_envelope(envelope: Envelope, wire: pb.Envelope) -> None:
    """Fill `wire`, which stands in its message already: an envelope of its own would be copied into it."""
    wire.request_id = envelope.request_id
    wire.attempt = envelope.attempt
    wire.organization = envelope.organization
    wire.provider = envelope.target.provider
    wire.model = envelope.target.model
    wire.dialect = _DIALECTS[envelope.dialect]
    wire.body = envelope.body
    wire.unsupported = _UNSUPPORTED[envelope.unsupported]
    if envelope.traceparent:
        wire.traceparent = envelope.traceparent
    if envelope.prefix:
        wire.prefix = envelope.prefix
    if envelope.headers:
        wire.headers.update(envelope.headers)


def read_answer(answer: pb.Answer) -> Frame:
    """A whole answer: a frame with `end`."""
    return Frame(
        data=answer.body,
        finish_reason=answer.finish_reason,
        usage=_usage(answer.usage) if answer.HasField("usage") else None,
        end=True,
        dropped=tuple(answer.dropped),
    )


def read_frame(frame: pb.Frame) -> Frame:
    """A frame that has no failure."""
    return Frame(
        data=frame.data,
        text=frame.text,
        finish_reason=frame.finish_reason,
        usage=_usage(frame.usage) if frame.HasField("usage") else None,
        end=frame.end,
        dropped=tuple(frame.dropped),
    )


def read_failure(failure: pb.Failure) -> VendorFailure:
    """What became of a call at the vendor's."""
    return VendorFailure(
        _reason(failure.reason, Reason.VENDOR_ERROR),
        failure.message,
        retryable=failure.retryable,
        retry_after=_retry_after(failure),
        status=failure.vendor_status or None,
        body=failure.vendor_body,
    )


def read_refusal(refusal: pb.Failure) -> Failure:
    """Why the providers service could not work."""
    return Failure(
        _reason(refusal.reason, Reason.INTERNAL),
        refusal.message,
        retryable=refusal.retryable,
        retry_after=_retry_after(refusal),
        detail=dict(refusal.detail),
    )


def _usage(usage: pb.Usage) -> Usage:
    return Usage(
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_input_tokens,
        usage.reasoning_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
    )


def _retry_after(failure: pb.Failure) -> float | None:
    return failure.retry_after.ToTimedelta().total_seconds() if failure.HasField("retry_after") else None


def _reason(text: str, unknown: Reason) -> Reason:
    """That of a newer providers service has no word here."""
    try:
        return Reason(text)
    except ValueError:
        return unknown
