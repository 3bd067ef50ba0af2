"""Typed chats of the gRPC API, to the body that goes to a vendor and from the body that comes back."""

import json
from typing import Any

import msgspec
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from resilience.errors import Failure, Reason
from seawall.gateway.v1 import chat_pb2 as pb
from services.gateway.application.exchange import Exchange
from services.gateway.domain.usage import Usage, dollars

_TOOL_CHOICES = frozenset({"auto", "none", "required"})
_object = msgspec.json.Decoder(dict[str, Any])


def to_body(chat: pb.Chat, *, stream: bool) -> bytes:
    """An OpenAI-shaped body. `extra` fields go beside the typed ones and must not repeat them."""
    body: dict[str, Any] = {"model": chat.model, "messages": [_message(message) for message in chat.messages]}
    for field in ("temperature", "top_p", "max_tokens", "seed"):
        if chat.HasField(field):
            body[field] = getattr(chat, field)
    if chat.stop:
        body["stop"] = list(chat.stop)
    if chat.tools:
        body["tools"] = [_tool(tool) for tool in chat.tools]
    if chat.HasField("tool_choice"):
        body["tool_choice"] = (
            chat.tool_choice
            if chat.tool_choice in _TOOL_CHOICES
            else {"type": "function", "function": {"name": chat.tool_choice}}
        )
    if chat.HasField("response_schema"):
        asked = chat.response_schema
        struct = asked.schema if asked.HasField("schema") else None
        schema = _schema(struct, asked.schema_json, "response_schema.schema_json") or {}
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": asked.name, "schema": schema, "strict": asked.strict},
        }
    extra = MessageToDict(chat.extra)
    if repeated := sorted(body.keys() & extra.keys() | extra.keys() & {"stream"}):
        field = repeated[0]
        raise Failure(
            Reason.INVALID_REQUEST, f"extra.{field} has a typed field of its own.", detail={"param": f"extra.{field}"}
        )
    return json.dumps({**body, **extra, **({"stream": True} if stream else {})}).encode()


def _message(message: pb.Message) -> dict[str, Any]:
    if message.text and message.parts:
        raise Failure(Reason.INVALID_REQUEST, "A message has text or parts, not both.", detail={"param": "messages"})
    content: Any = [MessageToDict(part) for part in message.parts] if message.parts else message.text
    written: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        written["tool_calls"] = [_call(call) for call in message.tool_calls]
        written["content"] = content or None
    if message.name:
        written["name"] = message.name
    if message.tool_call_id:
        written["tool_call_id"] = message.tool_call_id
    return written


def _call(call: pb.ToolCall) -> dict[str, Any]:
    """A call, with its signature where OpenAI-shaped callers of Google's models have it."""
    function = {"name": call.name, "arguments": call.arguments}
    written: dict[str, Any] = {"id": call.id, "type": "function", "function": function}
    if call.signature:
        written["extra_content"] = {"google": {"thought_signature": call.signature}}
    return written


def _tool(tool: pb.Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    struct = tool.parameters if tool.HasField("parameters") else None
    parameters = _schema(struct, tool.parameters_json, "tools.parameters_json")
    if parameters is not None:
        function["parameters"] = parameters
    return {"type": "function", "function": function}


def _schema(struct: Struct | None, text: str, param: str) -> dict[str, Any] | None:
    """A schema from the field that has it, or from JSON `text`, whose order it keeps; None where neither is given.

    `param`: the name of the field that has the text.
    """
    if not text:
        return None if struct is None else MessageToDict(struct)
    if struct is not None:
        raise Failure(Reason.INVALID_REQUEST, f"{param} is given beside what it stands for.", detail={"param": param})
    try:
        return _object.decode(text)
    except msgspec.MsgspecError as error:
        raise Failure(Reason.INVALID_REQUEST, f"{param} is no JSON object.", detail={"param": param}) from error


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Google(msgspec.Struct):
    thought_signature: str | None = None


class _ExtraContent(msgspec.Struct):
    google: _Google | None = None


class _ToolCall(msgspec.Struct):
    index: int = 0
    id: str | None = None
    function: _Function | None = None
    extra_content: _ExtraContent | None = None

    def told(self) -> dict[str, str]:
        """The fields of a call or of a delta of one; those that are absent are empty."""
        function, google = self.function or _Function(), self.extra_content and self.extra_content.google
        return {
            "id": self.id or "",
            "name": function.name or "",
            "arguments": function.arguments or "",
            "signature": (google and google.thought_signature) or "",
        }


class _Said(msgspec.Struct):
    role: str | None = None
    content: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    message: _Said | None = None
    delta: _Said | None = None
    finish_reason: str | None = None


class _Answer(msgspec.Struct):
    id: str = ""
    model: str = ""
    choices: list[_Choice] = []


_decoder = msgspec.json.Decoder(_Answer)


def _read(data: bytes) -> _Answer:
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise Failure(Reason.VENDOR_MALFORMED, "The vendor's answer is not of its dialect.", retryable=True) from error


def to_response(data: bytes, usage: Usage | None, exchange: Exchange) -> pb.CompleteResponse:
    """A whole answer. Raises Failure(VENDOR_MALFORMED)."""
    answer = _read(data)
    return pb.CompleteResponse(
        id=answer.id,
        model=answer.model,
        choices=[
            pb.Choice(index=choice.index, message=_said(choice.message), finish_reason=choice.finish_reason or "")
            for choice in answer.choices
        ],
        usage=to_usage(usage),
        receipt=receipt(exchange),
    )


def to_piece(data: bytes) -> pb.StreamCompleteResponse:
    """A piece of a streamed answer. Raises Failure(VENDOR_MALFORMED)."""
    answer = _read(data)
    return pb.StreamCompleteResponse(
        id=answer.id, model=answer.model, choices=[_delta(choice) for choice in answer.choices]
    )


def to_last_piece(usage: Usage | None, exchange: Exchange) -> pb.StreamCompleteResponse:
    """What ends a streamed answer."""
    return pb.StreamCompleteResponse(usage=to_usage(usage), receipt=receipt(exchange))


def receipt(exchange: Exchange) -> pb.Receipt:
    """What Seawall did for the request."""
    return pb.Receipt(
        request_id=exchange.id,
        target=exchange.target,
        attempts=len(exchange.attempts),
        cost_usd="" if exchange.cost is None else dollars(exchange.cost),
        continued_at=exchange.continued_at,
        degraded=exchange.degraded.value if exchange.degraded is not None else "",
        cache=exchange.cache.value if exchange.cache is not None else "",
        dropped=exchange.dropped,
    )


def _said(message: _Said | None) -> pb.Message:
    if message is None:
        return pb.Message()
    return pb.Message(
        role=message.role or "assistant",
        text=message.content or "",
        tool_calls=[pb.ToolCall(**call.told()) for call in message.tool_calls or ()],
    )


def _delta(choice: _Choice) -> pb.ChoiceDelta:
    said = choice.delta or _Said()
    return pb.ChoiceDelta(
        index=choice.index,
        text=said.content or "",
        tool_calls=[pb.ToolCallDelta(index=call.index, **call.told()) for call in said.tool_calls or ()],
        finish_reason=choice.finish_reason or "",
    )


def to_usage(usage: Usage | None) -> pb.Usage | None:
    """Token counts; None where they are not known."""
    if usage is None:
        return None
    return pb.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
