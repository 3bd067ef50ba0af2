"""Three ways to ask: plain HTTP, OpenAI's SDK and gRPC; what was told is noted as it came."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import openai
import pyqwest
from google.protobuf.duration_pb2 import Duration

from bench.callers import LOST
from bench.site import Site
from bench.soak.question import Caller, Question
from chassis.grpc.status import from_error
from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc

PATIENCE = 90.0
"""Seconds after which nobody waits any more, whatever was allowed."""


@dataclass(slots=True)
class Told:
    """What the caller of one question was told."""

    question: Question
    began: float
    ended: float = 0.0
    request_id: str = ""
    text: str = ""
    finish: str = ""
    done: bool = False
    """The end was told: by a whole body, `[DONE]`, or gRPC's OK."""
    code: str = ""
    """Of the error that was told."""
    left: bool = False
    """The caller hung up."""
    garbage: str = ""
    """What came that no caller could read."""


class Callers:
    """Ask with any of them; close them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._http = pyqwest.Client(pyqwest.HTTPTransport(timeout=PATIENCE))
        self._sdk = openai.AsyncOpenAI(base_url=f"{site.url}/v1", api_key=site.key, max_retries=0, timeout=PATIENCE)
        large = ("grpc.max_receive_message_length", 64 * 1024 * 1024)
        self._channel = grpc.aio.insecure_channel(site.grpc, options=[large])
        self._stub = chat_pb2_grpc.ChatServiceStub(self._channel)

    async def close(self) -> None:
        """No connection is left."""
        await self._sdk.close()
        await self._channel.close()

    async def ask(self, question: Question) -> Told:
        """Ask, and hear until the end, or until the caller leaves."""
        how = {Caller.HTTP: self._ask_http, Caller.SDK: self._ask_sdk, Caller.GRPC: self._ask_grpc}[question.caller]
        told = Told(question, time.monotonic())
        try:
            async with asyncio.timeout(question.leaves_after or PATIENCE):
                await how(told)
        except TimeoutError:
            told.left = question.leaves_after is not None
        except (ValueError, KeyError, openai.APIError, *LOST) as error:
            told.garbage = repr(error)[:500]
        told.ended = time.monotonic()
        return told

    async def _ask_http(self, told: Told) -> None:
        url, body = f"{self._site.url}/v1/chat/completions", json.dumps(_body(told.question)).encode()
        timeout = told.question.timeout
        headers = self._site.headers() if timeout is None else self._site.headers(timeout=f"{timeout:g}")
        async with self._http.stream("POST", url, headers, body) as answer:
            told.request_id = answer.headers.get("x-seawall-request-id") or ""
            if (answer.headers.get("content-type") or "").startswith("text/event-stream"):
                async for event in _events(answer.content):
                    _hear_event(told, event)
            else:
                pieces = [bytes(piece) async for piece in answer.content]
                _hear(told, json.loads(b"".join(pieces).decode("utf-8")))
                told.done = not told.code

    async def _ask_sdk(self, told: Told) -> None:
        timeout = told.question.timeout
        headers = {} if timeout is None else {"x-seawall-timeout": f"{timeout:g}"}
        create: Any = self._sdk.chat.completions.with_raw_response.create
        try:
            raw = await create(**_body(told.question), extra_headers=headers)
            told.request_id = raw.headers["x-seawall-request-id"]
            answer = raw.parse()
            if told.question.stream:
                async with answer:
                    async for chunk in answer:
                        _hear(told, chunk.to_dict())
            else:
                _hear(told, answer.to_dict())
            told.done = True
        except openai.APIStatusError as error:
            _hear_error(told, error.body)
        except openai.APIError as error:
            if error.body is None:
                raise
            _hear_error(told, error.body)

    async def _ask_grpc(self, told: Told) -> None:
        question = told.question
        metadata = (("authorization", f"Bearer {self._site.key}"),)
        chat = pb.Chat(model=question.model, messages=[pb.Message(role="user", text=question.text)])
        options = pb.Options()
        if question.timeout is not None:
            options.timeout.CopyFrom(Duration(seconds=int(question.timeout)))
        try:
            if question.stream:
                request = pb.StreamCompleteRequest(chat=chat, options=options)
                async for piece in self._stub.StreamComplete(request, metadata=metadata):
                    told.text += "".join(choice.text for choice in piece.choices)
                    _hear_end(told, piece)
            else:
                answer = await self._stub.Complete(pb.CompleteRequest(chat=chat, options=options), metadata=metadata)
                told.text = "".join(choice.message.text for choice in answer.choices)
                _hear_end(told, answer)
            told.done = True
        except grpc.aio.AioRpcError as error:
            told.code = from_error(error).reason.value


def _body(question: Question) -> dict[str, Any]:
    body: dict[str, Any] = {"model": question.model, "messages": [{"role": "user", "content": question.text}]}
    if question.stream:
        body["stream"] = True
        if question.number % 2:
            body["stream_options"] = {"include_usage": True}
    return body


async def _events(content: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    """The data of each event. Raises ValueError where something is no event."""
    rest = bytearray()
    async for piece in content:
        rest += bytes(piece)
        while (end := rest.find(b"\n\n")) >= 0:
            event = bytes(rest[:end])
            del rest[: end + 2]
            if not event.startswith(b"data: "):
                raise ValueError(f"no event: {event[:200]!r}")
            yield event.removeprefix(b"data: ")
    if rest:
        raise ValueError(f"half an event: {bytes(rest[:200])!r}")


def _hear_event(told: Told, event: bytes) -> None:
    if told.done or told.code:
        raise ValueError(f"after the end: {event[:200]!r}")
    if event == b"[DONE]":
        told.done = True
    else:
        _hear(told, json.loads(event.decode("utf-8")))


def _hear(told: Told, said: Mapping[str, Any]) -> None:
    """A whole answer, a chunk of one, or an error."""
    if "error" in said:
        _hear_error(told, said["error"])
        return
    for choice in said["choices"]:
        told.text += (choice.get("delta") or choice.get("message") or {}).get("content") or ""
        told.finish = choice.get("finish_reason") or told.finish


def _hear_error(told: Told, error: Any) -> None:
    told.code, told.request_id = error["code"], error["request_id"]


def _hear_end(told: Told, said: pb.CompleteResponse | pb.StreamCompleteResponse) -> None:
    for choice in said.choices:
        told.finish = choice.finish_reason or told.finish
    if said.HasField("receipt"):
        told.request_id = said.receipt.request_id
