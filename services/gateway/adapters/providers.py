"""The hop: one RPC of the providers service per attempt."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from chassis.grpc.client import Peer
from resilience.errors import Failure, Reason
from seawall.providers.v1 import provider_pb2 as pb
from seawall.providers.v1.provider_pb2_grpc import ProviderServiceStub
from services.gateway.application.ports import Envelope, Frame
from services.gateway.domain.configuration import Configuration
from services.gateway.domain.dialect import Name
from services.gateway.domain.failure import VendorFailure
from services.gateway.domain.route import Unsupported
from services.gateway.domain.usage import Usage

DIALECTS = {
    Name.OPENAI_CHAT: pb.DIALECT_OPENAI_CHAT,
    Name.ANTHROPIC_MESSAGES: pb.DIALECT_ANTHROPIC_MESSAGES,
    Name.OPENAI_EMBEDDINGS: pb.DIALECT_OPENAI_EMBEDDINGS,
    Name.OPENAI_COMPLETIONS: pb.DIALECT_OPENAI_COMPLETIONS,
    Name.ANTHROPIC_COUNT_TOKENS: pb.DIALECT_ANTHROPIC_COUNT_TOKENS,
    Name.OPENAI_RESPONSES: pb.DIALECT_OPENAI_RESPONSES,
}
UNSUPPORTED = {
    Unsupported.AUTO: pb.UNSUPPORTED_AUTO,
    Unsupported.ERROR: pb.UNSUPPORTED_ERROR,
    Unsupported.DROP: pb.UNSUPPORTED_DROP,
}
GRACE = 0.1
"""Seconds beyond the attempt's time for the providers service to say itself what happened."""


class ProvidersHop:
    """See Hop; an async context manager. It asks those replicas of providers that serve the target's vendor.

    They are at `address`, but for the vendors of which the configuration says another one. `connect` makes the way to
    an address, which is kept: there are as many as the operator has deployments.
    """

    def __init__(
        self, address: str, *, connect: Callable[[str], Peer], configuration: Callable[[], Configuration]
    ) -> None:
        self._address = address
        self._connect = connect
        self._configuration = configuration
        self._links: dict[str, _Link] = {}
        self._stack = AsyncExitStack()

    def call(self, envelope: Envelope) -> AsyncGenerator[Frame, None]:
        """See Hop."""
        served_at = self._configuration().served_at.get((envelope.organization, envelope.target.provider))
        address = served_at or self._address
        link = self._links.get(address) or self._link(address)
        return link.stream(envelope) if envelope.stream else link.whole(envelope)

    def _link(self, address: str) -> "_Link":
        peer = self._connect(address)
        self._stack.push_async_exit(peer)
        link = self._links[address] = _Link(peer)
        return link

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)


class _Link:
    """The way to the replicas at one address."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._stub = ProviderServiceStub(peer.channel)

    async def whole(self, envelope: Envelope) -> AsyncGenerator[Frame, None]:
        request = pb.CallRequest(envelope=_to_wire(envelope))
        try:
            response = await self._peer.call(self._stub.Call, request, timeout=envelope.timeout + GRACE)
        except Failure as failure:
            raise _hop_failure(failure) from failure
        if response.HasField("failure"):
            raise _vendor_failure(response.failure)
        answer = response.answer
        yield Frame(
            data=answer.body,
            finish_reason=answer.finish_reason,
            usage=_usage(answer.usage) if answer.HasField("usage") else None,
            end=True,
            dropped=tuple(answer.dropped),
        )

    async def stream(self, envelope: Envelope) -> AsyncGenerator[Frame, None]:
        request = pb.StreamCallRequest(envelope=_to_wire(envelope))
        answers = self._peer.stream(self._stub.StreamCall, request, timeout=envelope.timeout + GRACE)
        began = ended = False
        try:
            async for answer in answers:
                for frame in answer.frames:
                    if frame.HasField("failure"):
                        raise _vendor_failure(frame.failure)
                    ended = frame.end
                    yield Frame(
                        data=frame.data,
                        text=frame.text,
                        finish_reason=frame.finish_reason,
                        usage=_usage(frame.usage) if frame.HasField("usage") else None,
                        end=frame.end,
                        dropped=() if began else tuple(frame.dropped),
                    )
                    began = True
        except Failure as failure:
            raise _hop_failure(failure) from failure
        finally:
            await answers.aclose()
        if not ended:
            raise VendorFailure(Reason.VENDOR_STREAM_CUT, "The stream ended before the answer did.", retryable=True)


def _to_wire(envelope: Envelope) -> pb.Envelope:
    return pb.Envelope(
        request_id=envelope.request_id,
        attempt=envelope.attempt,
        organization=envelope.organization,
        provider=envelope.target.provider,
        model=envelope.target.model,
        dialect=DIALECTS[envelope.dialect],
        body=envelope.body,
        traceparent=envelope.traceparent,
        prefix=envelope.prefix,
        unsupported=UNSUPPORTED[envelope.unsupported],
        headers=envelope.headers,
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


def _vendor_failure(failure: pb.Failure) -> VendorFailure:
    return VendorFailure(
        _reason(failure.reason),
        failure.message,
        retryable=failure.retryable,
        retry_after=failure.retry_after.ToTimedelta().total_seconds() if failure.HasField("retry_after") else None,
        status=failure.vendor_status or None,
        body=failure.vendor_body,
    )


def _reason(text: str) -> Reason:
    """One of a newer providers service, which has no word here, is the vendor's error all the same."""
    try:
        return Reason(text)
    except ValueError:
        return Reason.VENDOR_ERROR


def _hop_failure(failure: Failure) -> Failure:
    if isinstance(failure, VendorFailure):
        return failure
    if failure.reason is Reason.DEADLINE_EXCEEDED:
        return VendorFailure(Reason.VENDOR_TIMEOUT, "The vendor did not answer in time.", retryable=True)
    if failure.reason is Reason.CANCELLED:
        # The providers replica stopped in the middle: another may answer.
        return Failure(Reason.UNAVAILABLE, "The providers service stopped.", retryable=True)
    return failure
