"""ChatService: decode, call, encode."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.rpc.status_pb2 import Status

from chassis.grpc.status import from_message, to_message
from resilience.errors import Failure
from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from services.gateway.application.answer_once import AnswerOnce, Keyed, Part, Parts, is_final
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Frame
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.options import Options
from services.gateway.domain.usage import Usage
from services.gateway.entrypoints.exchange import Exchanges
from services.gateway.entrypoints.typed_chat import to_body, to_last_piece, to_piece, to_response
from services.gateway.entrypoints.typed_options import to_options

SERVICE = pb.DESCRIPTOR.services_by_name["ChatService"].full_name
REPLAYED = ("idempotent-replayed", "true")

Opened = AbstractAsyncContextManager[tuple[Exchange, AsyncGenerator[Frame, None]]]
Context = grpc.aio.ServicerContext[Any, Any]
M = TypeVar("M", pb.CompleteResponse, pb.StreamCompleteResponse)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One RPC, read."""

    secret: str | None
    chat: pb.Chat
    stream: bool
    options: Options
    traceparent: str | None


class ChatServicer(chat_pb2_grpc.ChatServiceServicer):
    """See chat.proto."""

    def __init__(self, exchanges: Exchanges, once: AnswerOnce) -> None:
        self._exchanges = exchanges
        self._once = once

    def register(self, server: grpc.aio.Server) -> None:
        """Serve on `server`."""
        chat_pb2_grpc.add_ChatServiceServicer_to_server(self, server)

    async def Complete(self, request: pb.CompleteRequest, context: Context) -> pb.CompleteResponse:
        """Answer whole. Raises Failure."""
        asked = _read(request, context, stream=False)
        async with aclosing(self._answer(asked, self._whole, pb.CompleteResponse, context)) as messages:
            return await anext(messages)

    async def StreamComplete(
        self, request: pb.StreamCompleteRequest, context: Context
    ) -> AsyncIterator[pb.StreamCompleteResponse]:
        """Answer as it is written. Raises Failure, also after pieces were sent."""
        asked = _read(request, context, stream=True)
        async with aclosing(self._answer(asked, self._pieces, pb.StreamCompleteResponse, context)) as messages:
            async for message in messages:
                yield message

    async def _whole(self, asked: _Asked) -> AsyncGenerator[tuple[pb.CompleteResponse, bool], None]:
        """The answer; it is the last."""
        async with self._open(asked) as (exchange, frames):
            answer: Frame = await anext(frames)
            yield to_response(answer.data, answer.usage, exchange), True

    async def _pieces(self, asked: _Asked) -> AsyncGenerator[tuple[pb.StreamCompleteResponse, bool], None]:
        """The answer's pieces, each with whether it is the last."""
        usage: Usage | None = None
        async with self._open(asked) as (exchange, frames):
            async for frame in frames:
                usage = frame.usage or usage
                if frame.data and (piece := to_piece(frame.data)).choices:
                    yield piece, False
            yield to_last_piece(usage, exchange), True

    def _open(self, asked: _Asked) -> Opened:
        return self._exchanges.open(
            secret=asked.secret,
            body=to_body(asked.chat, stream=asked.stream),
            stream=asked.stream,
            options=asked.options,
            traceparent=asked.traceparent,
            dialect=OPENAI_CHAT,
        )

    async def _answer(
        self,
        asked: _Asked,
        make: Callable[[_Asked], AsyncGenerator[tuple[M, bool], None]],
        kind: type[M],
        context: Context,
    ) -> AsyncGenerator[M, None]:
        """What `make` makes; with an idempotency key, once."""
        if not asked.options.idempotency_key:
            async with aclosing(make(asked)) as made:
                async for message, _ in made:
                    yield message
            return
        body = asked.chat.SerializeToString(deterministic=True)
        path = f"/{SERVICE}/{'StreamComplete' if asked.stream else 'Complete'}"
        keyed = Keyed(asked.secret, asked.options.idempotency_key, path, body, asked.options.timeout)
        async with self._once(keyed, lambda: _to_parts(make(asked))) as reply:
            if reply.replayed:
                await context.send_initial_metadata((REPLAYED,))
            async with aclosing(reply.parts) as parts:
                async for part in parts:
                    yield _from_part(part, kind)


_MESSAGE, _FAILURE = b"m", b"f"


async def _to_parts(made: AsyncGenerator[tuple[M, bool], None]) -> Parts:
    """Messages as bytes. A failure that is the request's answer is one too."""
    began = False
    async with aclosing(made):
        try:
            async for message, last in made:
                began = True
                yield Part(_MESSAGE + message.SerializeToString(), last=last, kept=last)
        except Failure as failure:
            if began or not is_final(failure):
                raise
            yield Part(_FAILURE + to_message(failure).SerializeToString(), last=True, kept=True)


def _from_part(part: Part, kind: type[M]) -> M:
    if part.data.startswith(_MESSAGE):
        return kind.FromString(part.data[1:])
    failure = from_message(Status.FromString(part.data[1:]))
    assert failure is not None, "only ours are kept"  # noqa: S101
    raise failure


def _read(request: pb.CompleteRequest | pb.StreamCompleteRequest, context: Context, *, stream: bool) -> _Asked:
    metadata = _metadata(context)
    return _Asked(
        secret=_secret(metadata),
        chat=request.chat,
        stream=stream,
        options=to_options(request.options, metadata, context.time_remaining()),
        traceparent=metadata.get("traceparent"),
    )


def _metadata(context: Context) -> dict[str, str]:
    pairs: Iterable[tuple[str, str | bytes]] = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}


def _secret(metadata: Mapping[str, str]) -> str | None:
    scheme, _, secret = metadata.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else metadata.get("x-api-key")
