"""ProviderService over gRPC: decode, call, encode."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from resilience.errors import Failure, Reason
from seawall.providers.v1 import provider_pb2 as pb
from seawall.providers.v1.provider_pb2_grpc import ProviderServiceServicer, add_ProviderServiceServicer_to_server
from services.providers.application.call_vendor import CallVendor
from services.providers.application.stream_vendor import StreamVendor
from services.providers.domain.answer import Answer, Frame, Usage
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from services.providers.domain.losses import Unsupported

TIME_TO_ANSWER = 0.02
"""Seconds of a deadline that are kept to tell the caller of a timeout, rather than leave it to find out."""

Context = grpc.aio.ServicerContext[Any, Any]


SERVICE = pb.DESCRIPTOR.services_by_name["ProviderService"].full_name


class ProviderServicer(ProviderServiceServicer):
    """A vendor's failure is an answer; what else fails is left to the edge."""

    def __init__(self, call_vendor: CallVendor, stream_vendor: StreamVendor) -> None:
        self._call_vendor = call_vendor
        self._stream_vendor = stream_vendor

    def register(self, server: grpc.aio.Server) -> None:
        """Have `server` answer for SERVICE."""
        add_ProviderServiceServicer_to_server(self, server)

    async def Call(self, request: pb.CallRequest, context: Context) -> pb.CallResponse:
        """See ProviderService."""
        try:
            answer = await self._call_vendor(_envelope(request.envelope, context))
        except VendorFailure as failure:
            return pb.CallResponse(failure=_failure(failure))
        return pb.CallResponse(answer=_answer(answer))

    async def StreamCall(self, request: pb.StreamCallRequest, context: Context) -> AsyncIterator[pb.StreamCallResponse]:
        """See ProviderService."""
        stream = self._stream_vendor(_envelope(request.envelope, context))
        # While a frame is being written this generator is not running, so it would not see the caller leave.
        context.add_done_callback(stream.cancel)  # type: ignore[arg-type]  # the stubs want a class of their own
        try:
            async with aclosing(stream.batches()) as batches:
                async for frames in batches:
                    yield pb.StreamCallResponse(frames=map(_frame, frames))
        except VendorFailure as failure:
            yield pb.StreamCallResponse(frames=[pb.Frame(failure=_failure(failure))])


_DIALECTS = {
    pb.DIALECT_OPENAI_CHAT: CallerDialect.OPENAI_CHAT,
    pb.DIALECT_ANTHROPIC_MESSAGES: CallerDialect.ANTHROPIC_MESSAGES,
    pb.DIALECT_OPENAI_EMBEDDINGS: CallerDialect.OPENAI_EMBEDDINGS,
    pb.DIALECT_OPENAI_COMPLETIONS: CallerDialect.OPENAI_COMPLETIONS,
    pb.DIALECT_OPENAI_RESPONSES: CallerDialect.OPENAI_RESPONSES,
    pb.DIALECT_ANTHROPIC_COUNT_TOKENS: CallerDialect.ANTHROPIC_COUNT_TOKENS,
}
_UNSUPPORTED = {pb.UNSUPPORTED_ERROR: Unsupported.ERROR, pb.UNSUPPORTED_DROP: Unsupported.DROP}


def _envelope(envelope: pb.Envelope, context: Context) -> Envelope:
    dialect = _DIALECTS.get(envelope.dialect)
    if dialect is None:
        raise Failure(Reason.INVALID_REQUEST, "The envelope's dialect is not spoken here.")
    remaining = context.time_remaining()
    return Envelope(
        request_id=envelope.request_id,
        attempt=envelope.attempt,
        organization=envelope.organization,
        provider=envelope.provider,
        model=envelope.model,
        body=envelope.body,
        prefix=envelope.prefix,
        timeout=None if remaining is None else max(remaining - TIME_TO_ANSWER, 0.0),
        traceparent=envelope.traceparent,
        dialect=dialect,
        unsupported=_UNSUPPORTED.get(envelope.unsupported, Unsupported.AUTO),
        headers=dict(envelope.headers),
    )


def _answer(answer: Answer) -> pb.Answer:
    return pb.Answer(
        body=answer.body,
        finish_reason=answer.finish_reason,
        usage=_usage(answer.usage),
        vendor_request_id=answer.vendor_request_id,
        dropped=answer.dropped,
    )


def _frame(frame: Frame) -> pb.Frame:
    return pb.Frame(
        data=frame.data,
        text=frame.text,
        finish_reason=frame.finish_reason,
        usage=_usage(frame.usage),
        end=frame.end,
        dropped=frame.dropped,
    )


def _usage(usage: Usage | None) -> pb.Usage | None:
    if usage is None:
        return None
    return pb.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
    )


def _failure(failure: VendorFailure) -> pb.Failure:
    encoded = pb.Failure(
        reason=failure.reason.value,
        message=failure.message,
        retryable=failure.retryable,
        vendor_status=failure.status,
        vendor_body=failure.body,
    )
    if failure.retry_after is not None:
        encoded.retry_after.FromNanoseconds(int(failure.retry_after * 1e9))
    return encoded
