"""Three ways to ask the same: plain HTTP, OpenAI's SDK and gRPC; and what was heard, whichever it was."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import openai
import pyqwest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct

from chassis.grpc.status import from_error
from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from services.gateway.entrypoints.http.errors import ERRORS
from tests.conformance.case import Asked, Caller, Shape
from tests.e2e.system import System

QUESTION = "please tell the whole wide world that it is well"
TOOL: dict[str, Any] = {"name": "tell", "parameters": {"type": "object"}}
SCHEMA = {"type": "object"}


@dataclass(slots=True)
class Heard:
    """What came back. `text` has a tool call's arguments, too."""

    text: str = ""
    finish_reason: str = ""
    done: bool = False
    """It was told to be over: `[DONE]`, the end of an SDK's stream, or gRPC's OK."""
    code: str = ""
    """Of the error that was told; empty where none was."""
    status: int = 0
    """Over HTTP, of the response; over gRPC, what HTTP says for the code."""
    error: str = ""
    """All that the error says."""
    retry_after: float | None = None
    ids: set[str] = field(default_factory=set)
    tokens: int | None = None
    """Output tokens, where usage was told."""
    continued: tuple[str, int] | None = None
    """Target that finished it, and the character at which it did."""
    request_id: str = ""
    arrivals: list[float] = field(default_factory=list)
    """When each piece of text came, on the wall's clock."""
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether it was told as a success."""
        return self.done and not self.code


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    model: str
    shape: Shape
    asked: Asked = Asked.TEXT
    timeout: float | None = None


class Callers:
    """Ask with any of them. A system's; close it."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._http = pyqwest.Client(pyqwest.HTTPTransport(timeout=120.0))
        self._sdk = system.openai(max_retries=0, timeout=120.0)
        self._channel = grpc.aio.insecure_channel(system.grpc())

    async def close(self) -> None:
        """No connection is left."""
        await self._sdk.close()
        await self._channel.close()

    async def ask(self, caller: Caller, question: Question) -> Heard:
        """Ask, and hear what comes; raises nothing that a vendor or Seawall can cause."""
        ask = {Caller.HTTP: self._ask_http, Caller.SDK: self._ask_sdk, Caller.GRPC: self._ask_grpc}[caller]
        heard = Heard()
        began = time.monotonic()
        await ask(question, heard)
        heard.seconds = time.monotonic() - began
        return heard

    async def _ask_http(self, question: Question, heard: Heard) -> None:
        headers = {"authorization": f"Bearer {self._system.key}", "content-type": "application/json"}
        if question.timeout is not None:
            headers["x-seawall-timeout"] = f"{question.timeout:g}"
        url = f"{self._system.http()}/v1/chat/completions"
        async with self._http.stream("POST", url, headers, json.dumps(_body(question)).encode()) as answer:
            heard.status = answer.status
            heard.request_id = answer.headers.get("x-seawall-request-id") or ""
            if (seconds := answer.headers.get("retry-after")) is not None:
                heard.retry_after = float(seconds)
            if (answer.headers.get("content-type") or "").startswith("text/event-stream"):
                async for event in _events(answer.content):
                    _hear_event(heard, event)
            else:
                _hear_body(heard, b"".join([bytes(piece) async for piece in answer.content]))

    async def _ask_sdk(self, question: Question, heard: Heard) -> None:
        headers = {} if question.timeout is None else {"x-seawall-timeout": f"{question.timeout:g}"}
        create: Any = self._sdk.chat.completions.with_raw_response.create
        try:
            raw = await create(**_body(question), extra_headers=headers)
            heard.status, heard.request_id = raw.http_response.status_code, raw.headers["x-seawall-request-id"]
            answer = raw.parse()
            if question.shape is Shape.WHOLE:
                _hear_chunk(heard, answer.to_dict())
            else:
                async for chunk in answer:
                    _hear_chunk(heard, chunk.to_dict())
            heard.done = True
        except openai.APIStatusError as error:
            heard.status = error.status_code
            if (seconds := error.response.headers.get("retry-after")) is not None:
                heard.retry_after = float(seconds)
            _hear_error(heard, _object(error.body))
        except openai.APIError as error:
            _hear_error(heard, _object(error.body))

    async def _ask_grpc(self, question: Question, heard: Heard) -> None:
        stub = chat_pb2_grpc.ChatServiceStub(self._channel)
        metadata = (("authorization", f"Bearer {self._system.key}"),)
        options = pb.Options()
        if question.timeout is not None:
            options.timeout.CopyFrom(_duration(question.timeout))
        try:
            if question.shape is Shape.WHOLE:
                request = pb.CompleteRequest(chat=_chat(question), options=options)
                answer = await stub.Complete(request, metadata=metadata)
                _hear_message(heard, answer)
                for choice in answer.choices:
                    heard.text += choice.message.text + "".join(each.arguments for each in choice.message.tool_calls)
            else:
                stream = pb.StreamCompleteRequest(chat=_chat(question), options=options)
                async for piece in stub.StreamComplete(stream, metadata=metadata):
                    _hear_message(heard, piece)
                    for delta in piece.choices:
                        text = delta.text + "".join(each.arguments for each in delta.tool_calls)
                        if text:
                            heard.text += text
                            heard.arrivals.append(time.time())
            heard.done, heard.status = True, 200
        except grpc.aio.AioRpcError as error:
            failure = from_error(error)
            heard.code, heard.error = failure.reason.value, f"{failure.message} {failure.detail}"
            heard.status, heard.retry_after = ERRORS[failure.reason].status, failure.retry_after


def _body(question: Question) -> dict[str, Any]:
    body: dict[str, Any] = {"model": question.model, "messages": [{"role": "user", "content": QUESTION}]}
    if question.shape is Shape.STREAM:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if question.asked is Asked.TOOL:
        body |= {"tools": [{"type": "function", "function": TOOL}], "tool_choice": "required"}
    if question.asked is Asked.SCHEMA:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "told", "schema": SCHEMA}}
    return body


def _chat(question: Question) -> pb.Chat:
    chat = pb.Chat(model=question.model, messages=[pb.Message(role="user", text=QUESTION)])
    if question.asked is Asked.TOOL:
        chat.tools.append(pb.Tool(name=TOOL["name"], parameters=_struct(TOOL["parameters"])))
        chat.tool_choice = "required"
    if question.asked is Asked.SCHEMA:
        chat.response_schema.CopyFrom(pb.ResponseSchema(name="told", schema=_struct(SCHEMA)))
    return chat


def _struct(values: Any) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMicroseconds(int(seconds * 1e6))
    return duration


async def _events(content: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    """The events' data, as they come. Whatever is no event of one line fails."""
    rest = b""
    async for piece in content:
        *whole, rest = (rest + bytes(piece)).split(b"\n\n")
        for event in whole:
            assert event.startswith(b"data: "), f"no event: {event!r}"
            yield event.removeprefix(b"data: ")
    assert not rest, f"half an event at the end: {rest!r}"


def _hear_event(heard: Heard, event: bytes) -> None:
    assert not heard.done, f"after [DONE]: {event!r}"
    if event == b"[DONE]":
        heard.done = True
        return
    said = json.loads(event.decode("utf-8"))
    if "error" in said:
        _hear_error(heard, said["error"])
    else:
        _hear_chunk(heard, said)


def _hear_body(heard: Heard, body: bytes) -> None:
    said = json.loads(body.decode("utf-8"))
    if "error" in said:
        _hear_error(heard, said["error"])
    else:
        _hear_chunk(heard, said)
        heard.done = True


def _hear_chunk(heard: Heard, said: Mapping[str, Any]) -> None:
    """A chunk, or a whole answer."""
    assert not heard.code, f"after an error: {said}"
    heard.ids.add(said["id"])
    for choice in said["choices"]:
        message = choice.get("delta") or choice.get("message") or {}
        text = message.get("content") or ""
        text += "".join((call.get("function") or {}).get("arguments") or "" for call in message.get("tool_calls") or ())
        if text:
            heard.text += text
            heard.arrivals.append(time.time())
        if choice.get("finish_reason"):
            assert not heard.finish_reason, "two finish reasons"
            heard.finish_reason = choice["finish_reason"]
    if said.get("usage"):
        heard.tokens = said["usage"]["completion_tokens"]
    if note := (said.get("seawall") or {}).get("continued"):
        heard.continued = (note["target"], note["at"])


def _hear_error(heard: Heard, error: Mapping[str, Any]) -> None:
    assert not heard.code, "two errors"
    heard.code, heard.error = error["code"], json.dumps(error)
    heard.request_id = error["request_id"]


def _hear_message(heard: Heard, said: pb.CompleteResponse | pb.StreamCompleteResponse) -> None:
    if said.id:
        heard.ids.add(said.id)
    for choice in said.choices:
        if choice.finish_reason:
            assert not heard.finish_reason, "two finish reasons"
            heard.finish_reason = choice.finish_reason
    if said.HasField("usage"):
        heard.tokens = said.usage.output_tokens
    if said.HasField("receipt"):
        heard.request_id = said.receipt.request_id
        if said.receipt.HasField("continued_at"):
            heard.continued = (said.receipt.target, said.receipt.continued_at)


def _object(body: object) -> Mapping[str, Any]:
    assert isinstance(body, dict), f"an error that is no object: {body!r}"
    return body
