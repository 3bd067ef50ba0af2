"""gRPC's ChatService."""

import json
from typing import Any

import grpc
from google.protobuf.struct_pb2 import Struct

from chassis.grpc.status import CODES, from_error
from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from services.gateway.entrypoints.http.errors import ERRORS
from tests.e2e.system import System
from tests.matrix.asked import Asked, Called, Error, Heard
from tests.matrix.callers.openai_chat import content


class GrpcChat:
    """See Caller."""

    def __init__(self, system: System) -> None:
        self._channel = grpc.aio.insecure_channel(system.grpc())
        self._stub = chat_pb2_grpc.ChatServiceStub(self._channel)
        self._metadata = (("authorization", f"Bearer {system.key}"),)

    async def ask(self, model: str, asked: Asked, *, stream: bool) -> Heard:
        """See Caller."""
        heard = Heard()
        chat = _chat(model, asked)
        try:
            if stream:
                pieces = self._stub.StreamComplete(pb.StreamCompleteRequest(chat=chat), metadata=self._metadata)
                await _follow(pieces, heard)
            else:
                answer = await self._stub.Complete(pb.CompleteRequest(chat=chat), metadata=self._metadata, timeout=60)
                (choice,) = answer.choices
                heard.text, heard.finish_reason = choice.message.text, choice.finish_reason
                _hear_end(answer, heard)
                _hear_calls(choice.message, heard)
        except grpc.aio.AioRpcError as error:
            heard.error = _error(error, begun=bool(heard.text))
        return heard

    async def close(self) -> None:
        """See Caller."""
        await self._channel.close()


async def _follow(pieces: Any, heard: Heard) -> None:
    calls: dict[int, pb.ToolCall] = {}
    async for piece in pieces:
        for choice in piece.choices:
            assert not heard.finish_reason, "a delta after the finish reason"
            heard.text += choice.text
            heard.finish_reason = choice.finish_reason
            heard.pieces += bool(choice.text or choice.tool_calls)
            for delta in choice.tool_calls:
                call = calls.setdefault(delta.index, pb.ToolCall())
                call.id, call.name = call.id or delta.id, call.name or delta.name
                call.arguments += delta.arguments
                call.signature += delta.signature
        _hear_end(piece, heard)
    _hear_calls(pb.Message(role="assistant", text=heard.text, tool_calls=calls.values()), heard)


def _hear_end(said: pb.CompleteResponse | pb.StreamCompleteResponse, heard: Heard) -> None:
    heard.model = heard.model or said.model
    if said.HasField("usage"):
        heard.input_tokens, heard.output_tokens = said.usage.input_tokens, said.usage.output_tokens
    if said.HasField("receipt"):
        heard.dropped = tuple(said.receipt.dropped)


def _hear_calls(message: pb.Message, heard: Heard) -> None:
    heard.calls = tuple(Called(call.id, call.name, json.loads(call.arguments)) for call in message.tool_calls)
    heard.said = message


def _error(error: grpc.aio.AioRpcError, *, begun: bool) -> Error:
    """What was raised, with the status that HTTP has for the reason; none where the answer had `begun`."""
    failure = from_error(error)
    assert error.code() is CODES[failure.reason]
    status = 0 if begun else ERRORS[failure.reason].status
    return Error(failure.reason.value, status, failure.detail.get("param", ""), failure.retry_after)


def _chat(model: str, asked: Asked) -> pb.Chat:
    said = content(asked)
    user = pb.Message(role="user", text=said) if isinstance(said, str) else pb.Message(role="user")
    if not isinstance(said, str):
        user.parts.extend(map(_struct, said))
    chat = pb.Chat(
        model=model,
        messages=[pb.Message(role="system", text=asked.system), user],
        max_tokens=asked.max_tokens,
        stop=asked.stop,
        tools=[
            pb.Tool(name=tool.name, description=tool.description, parameters_json=json.dumps(tool.parameters))
            for tool in asked.tools
        ],
    )
    if asked.results:
        chat.messages.append(asked.said)
        chat.messages.extend(
            pb.Message(role="tool", tool_call_id=result.call.id, text=result.text) for result in asked.results
        )
    if asked.schema is not None:
        chat.response_schema.CopyFrom(
            pb.ResponseSchema(name="report", schema_json=json.dumps(asked.schema), strict=True)
        )
    return chat


def _struct(values: Any) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct
