"""ChatService: decode, call, encode."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc

from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from services.gateway.application.ports import Frame
from services.gateway.domain.usage import Usage
from services.gateway.entrypoints.exchange import Exchanges
from services.gateway.entrypoints.typed_chat import to_body, to_last_piece, to_piece, to_response
from services.gateway.entrypoints.typed_options import to_options

SERVICE = pb.DESCRIPTOR.services_by_name["ChatService"].full_name

Context = grpc.aio.ServicerContext[Any, Any]


class ChatServicer(chat_pb2_grpc.ChatServiceServicer):
    """See chat.proto."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    def register(self, server: grpc.aio.Server) -> None:
        """Serve on `server`."""
        chat_pb2_grpc.add_ChatServiceServicer_to_server(self, server)

    async def Complete(self, request: pb.CompleteRequest, context: Context) -> pb.CompleteResponse:
        """Answer whole. Raises Failure."""
        metadata = _metadata(context)
        async with self._exchanges.open(
            secret=_secret(metadata),
            body=to_body(request.chat, stream=False),
            stream=False,
            options=to_options(request.options, metadata, context.time_remaining()),
            traceparent=metadata.get("traceparent"),
        ) as (exchange, frames):
            answer: Frame = await anext(frames)
            return to_response(answer.data, answer.usage, exchange)

    async def StreamComplete(
        self, request: pb.StreamCompleteRequest, context: Context
    ) -> AsyncIterator[pb.StreamCompleteResponse]:
        """Answer as it is written. Raises Failure, also after pieces were sent."""
        metadata = _metadata(context)
        usage: Usage | None = None
        async with self._exchanges.open(
            secret=_secret(metadata),
            body=to_body(request.chat, stream=True),
            stream=True,
            options=to_options(request.options, metadata, context.time_remaining()),
            traceparent=metadata.get("traceparent"),
        ) as (exchange, frames):
            async for frame in frames:
                usage = frame.usage or usage
                if frame.data and (piece := to_piece(frame.data)).choices:
                    yield piece
            yield to_last_piece(usage, exchange)


def _metadata(context: Context) -> dict[str, str]:
    pairs: Iterable[tuple[str, str | bytes]] = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}


def _secret(metadata: dict[str, str]) -> str | None:
    scheme, _, secret = metadata.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else metadata.get("x-api-key")
