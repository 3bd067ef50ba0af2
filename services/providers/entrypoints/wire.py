"""Envelopes, answers and failures as they travel."""

from collections.abc import Iterable

from resilience.errors import Failure, Reason
from seawall.providers.v1 import provider_pb2 as pb
from seawall.providers.v1.hop_pb2 import CarriedAnswer
from services.providers.domain.answer import Answer, Frame, Usage
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from services.providers.domain.losses import Unsupported

SHARE_TO_ANSWER, MOST_TO_ANSWER = 0.1, 0.08
"""Part of a deadline, and seconds at most, that are kept to tell the caller of a timeout, who would find out without a
reason otherwise. A busy machine takes some of them; the gateway, which waits 0.1 s longer than it asks for, loses none.
"""

_DIALECTS = {
    pb.DIALECT_OPENAI_CHAT: CallerDialect.OPENAI_CHAT,
    pb.DIALECT_ANTHROPIC_MESSAGES: CallerDialect.ANTHROPIC_MESSAGES,
    pb.DIALECT_OPENAI_EMBEDDINGS: CallerDialect.OPENAI_EMBEDDINGS,
    pb.DIALECT_OPENAI_COMPLETIONS: CallerDialect.OPENAI_COMPLETIONS,
    pb.DIALECT_OPENAI_RESPONSES: CallerDialect.OPENAI_RESPONSES,
    pb.DIALECT_ANTHROPIC_COUNT_TOKENS: CallerDialect.ANTHROPIC_COUNT_TOKENS,
}
_UNSUPPORTED = {pb.UNSUPPORTED_ERROR: Unsupported.ERROR, pb.UNSUPPORTED_DROP: Unsupported.DROP}


def read_envelope(envelope: pb.Envelope, remaining: float | None) -> Envelope:
    """What is to be done within `remaining` seconds. Raises Failure(INVALID_REQUEST)."""
    dialect = _DIALECTS.get(envelope.dialect)
    if dialect is None:
        raise Failure(Reason.INVALID_REQUEST, "The envelope's dialect is not spoken here.")
    timeout = remaining
    if remaining is not None:
        timeout = max(remaining - min(SHARE_TO_ANSWER * remaining, MOST_TO_ANSWER), 0.0)
    return Envelope(
        request_id=envelope.request_id,
        attempt=envelope.attempt,
        organization=envelope.organization,
        provider=envelope.provider,
        model=envelope.model,
        body=envelope.body,
        prefix=envelope.prefix,
        timeout=timeout,
        traceparent=envelope.traceparent,
        dialect=dialect,
        unsupported=_UNSUPPORTED.get(envelope.unsupported, Unsupported.AUTO),
        headers=dict(envelope.headers) if envelope.headers else {},  # a look at an empty map costs more
    )


def write_answer(answer: Answer, wire: pb.Answer) -> None:
    """Fill `wire`, which stands in its message already: an answer of its own would be copied into it."""
    wire.body = answer.body
    wire.finish_reason = answer.finish_reason
    if answer.vendor_request_id:
        wire.vendor_request_id = answer.vendor_request_id
    if answer.usage is not None:
        _write_usage(answer.usage, wire.usage)
    if answer.dropped:
        wire.dropped.extend(answer.dropped)


def write_frames(frames: Iterable[Frame], wire: "pb.StreamCallResponse | CarriedAnswer") -> None:
    """Add `frames` to what `wire` has."""
    for frame in frames:
        written = wire.frames.add(data=frame.data, text=frame.text, finish_reason=frame.finish_reason, end=frame.end)
        if frame.usage is not None:
            _write_usage(frame.usage, written.usage)
        if frame.dropped:
            written.dropped.extend(frame.dropped)


def write_failure(failure: Failure, wire: pb.Failure) -> None:
    """Fill `wire` with how a call failed, at the vendor's or here."""
    wire.reason = failure.reason.value
    wire.message = failure.message
    wire.retryable = failure.retryable
    if failure.retry_after is not None:
        wire.retry_after.FromNanoseconds(int(failure.retry_after * 1e9))
    if isinstance(failure, VendorFailure):
        wire.vendor_status = failure.status or 0
        wire.vendor_body = failure.body
    else:
        wire.detail.update(failure.detail)


def _write_usage(usage: Usage, wire: pb.Usage) -> None:
    wire.input_tokens = usage.input_tokens
    wire.output_tokens = usage.output_tokens
    wire.cached_input_tokens = usage.cached_input_tokens
    wire.reasoning_tokens = usage.reasoning_tokens
    wire.cache_write_tokens = usage.cache_write_tokens
    wire.cache_write_1h_tokens = usage.cache_write_1h_tokens
    wire.SetInParent()  # it was told, even where it is nothing
