"""ChatService: decode, call, encode."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import grpc

from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from services.gateway.application.answer_once import AnswerOnce
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.usage import Usage
from services.gateway.entrypoints.exchange import Exchanges, Opened
from services.gateway.entrypoints.rpc import Caller, Context, Made, Once, caller_of
from services.gateway.entrypoints.typed_chat import to_body, to_last_piece, to_piece, to_response

SERVICE = pb.DESCRIPTOR.services_by_name["ChatService"].full_name


@dataclass(frozen=True, slots=True)
class _Asked:
    """One RPC, read."""

    caller: Caller
    chat: pb.Chat
    stream: bool


class ChatServicer(chat_pb2_grpc.ChatServiceServicer):
    """See chat.proto."""

    def __init__(self, exchanges: Exchanges, once: AnswerOnce) -> None:
        self._exchanges = exchanges
        self._once = Once(once)

    def register(self, server: grpc.aio.Server) -> None:
        """Serve on `server`."""
        chat_pb2_grpc.add_ChatServiceServicer_to_server(self, server)

    async def Complete(self, request: pb.CompleteRequest, context: Context) -> pb.CompleteResponse:
        """Answer whole. Raises Failure."""
        asked = _Asked(caller_of(request.options, context), request.chat, stream=False)
        answer = self._once(
            asked.caller,
            context,
            lambda: self._whole(asked),
            path=f"/{SERVICE}/Complete",
            asked=asked.chat,
            kind=pb.CompleteResponse,
        )
        async with aclosing(answer) as messages:
            return await anext(messages)

    async def StreamComplete(
        self, request: pb.StreamCompleteRequest, context: Context
    ) -> AsyncIterator[pb.StreamCompleteResponse]:
        """Answer as it is written. Raises Failure, also after pieces were sent."""
        asked = _Asked(caller_of(request.options, context), request.chat, stream=True)
        answer = self._once(
            asked.caller,
            context,
            lambda: self._pieces(asked),
            path=f"/{SERVICE}/StreamComplete",
            asked=asked.chat,
            kind=pb.StreamCompleteResponse,
        )
        async with aclosing(answer) as messages:
            async for message in messages:
                yield message

    async def _whole(self, asked: _Asked) -> Made[pb.CompleteResponse]:
        """The answer; it is the last."""
        async with self._open(asked) as opened:
            answer = (await opened.answer()).first
            yield to_response(answer.data, answer.usage, opened.exchange), True

    async def _pieces(self, asked: _Asked) -> Made[pb.StreamCompleteResponse]:
        """The answer's pieces."""
        usage: Usage | None = None
        async with self._open(asked) as opened, aclosing((await opened.answer()).frames()) as frames:
            async for frame in frames:
                usage = frame.usage or usage
                if frame.data and (piece := to_piece(frame.data)).choices:
                    yield piece, False
            yield to_last_piece(usage, opened.exchange), True

    def _open(self, asked: _Asked) -> Opened:
        return self._exchanges.open(
            secret=asked.caller.secret,
            body=to_body(asked.chat, stream=asked.stream),
            stream=asked.stream,
            options=asked.caller.options,
            traceparent=asked.caller.traceparent,
            dialect=OPENAI_CHAT,
        )
