"""Callers of OpenAI's chats and of Anthropic's messages, asking the service, whole or streamed, for what SDKs read."""

import json
from dataclasses import dataclass
from typing import Any

from anthropic.types import Message
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from seawall.providers.v1 import provider_pb2 as pb
from simulator import Vendor
from tests.integration.providers.service import Client, texts

MESSAGES = pb.DIALECT_ANTHROPIC_MESSAGES
ASKED = "one two three four five six seven eight"
USER: dict[str, Any] = {"role": "user", "content": ASKED}
PLACE: dict[str, Any] = {
    "type": "object",
    "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["place", "days"],
    "additionalProperties": False,
}
CLOCK: dict[str, Any] = {"type": "object", "properties": {"zone": {"type": "string"}}}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CHAT_TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": PLACE}},
    {"type": "function", "function": {"name": "clock", "parameters": CLOCK}},
]
MESSAGE_TOOLS = [{"name": "weather", "input_schema": PLACE}, {"name": "clock", "input_schema": CLOCK}]


def received(vendor: Vendor) -> dict[str, Any]:
    """The last body that the vendor was sent."""
    body: dict[str, Any] = json.loads(vendor.calls[-1].body or b"")
    return body


@dataclass(frozen=True)
class Heard:
    """An answer as its caller understands it; `calls` have id, name and arguments."""

    text: str
    calls: list[tuple[str, str, Any]]
    finish: str | None
    usage: tuple[int, int]
    thought: str = ""


async def failure(client: Client, *, stream: bool, **envelope: Any) -> pb.Failure:
    """What a call fails with."""
    if stream:
        frames = await client.frames(**envelope)
        return frames[-1].failure
    response = await client.call(**envelope)
    assert response.WhichOneof("result") == "failure", response
    return response.failure


async def chat(client: Client, *, stream: bool, envelope: dict[str, Any] | None = None, **fields: Any) -> Heard:
    """Ask as a caller of OpenAI's chats."""
    asked = {"model": "chat", "messages": [USER], "stream": stream, **fields}
    if stream:
        asked["stream_options"] = {"include_usage": True}
    told = {"body": json.dumps(asked).encode(), **(envelope or {})}
    if not stream:
        answer = await _answer(client, told)
        whole = ChatCompletion.model_validate_json(answer.body, strict=True)
        message = whole.choices[0].message
        calls = [
            (call.id, call.function.name, json.loads(call.function.arguments))
            for call in message.tool_calls or ()
            if call.type == "function"
        ]
        thought = (message.model_extra or {}).get("reasoning_content") or ""
        assert whole.usage is not None
        assert (answer.usage.input_tokens, answer.usage.output_tokens) == (
            whole.usage.prompt_tokens,
            whole.usage.completion_tokens,
        )
        used = (whole.usage.prompt_tokens, whole.usage.completion_tokens)
        return Heard(message.content or "", calls, whole.choices[0].finish_reason, used, thought)
    frames = await _frames(client, told)
    return _chunks([ChatCompletionChunk.model_validate_json(frame.data) for frame in frames if _is_json(frame)], frames)


def _chunks(chunks: list[ChatCompletionChunk], frames: list[pb.Frame]) -> Heard:
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    text = "".join(choice.delta.content or "" for choice in choices)
    assert text == texts(frames)
    begun: dict[int, list[str]] = {}
    for delta in (each for choice in choices for each in choice.delta.tool_calls or ()):
        call = begun.setdefault(delta.index, [delta.id or "", "", ""])
        if delta.function is not None:
            call[1] += delta.function.name or ""
            call[2] += delta.function.arguments or ""
    (finish,) = [choice.finish_reason for choice in choices if choice.finish_reason]
    usage = chunks[-1].usage
    assert usage is not None
    return Heard(
        text,
        [(identity, name, json.loads(arguments)) for identity, name, arguments in begun.values()],
        finish,
        (usage.prompt_tokens, usage.completion_tokens),
        "".join((choice.delta.model_extra or {}).get("reasoning_content") or "" for choice in choices),
    )


async def message(client: Client, *, stream: bool, envelope: dict[str, Any] | None = None, **fields: Any) -> Heard:
    """Ask as a caller of Anthropic's messages."""
    asked = {"model": "chat", "max_tokens": 2000, "messages": [USER], "stream": stream, **fields}
    told = {"body": json.dumps(asked).encode(), "dialect": MESSAGES, **(envelope or {})}
    if not stream:
        whole = Message.model_validate_json((await _answer(client, told)).body, strict=True)
        blocks = [block.model_dump() for block in whole.content]
        return _blocks(blocks, whole.stop_reason, (whole.usage.input_tokens, whole.usage.output_tokens))
    frames = await _frames(client, told)
    events = [json.loads(frame.data) for frame in frames if _is_json(frame)]
    (delta,) = [event for event in events if event["type"] == "message_delta"]
    usage = {**events[0]["message"]["usage"], **delta["usage"]}
    return _blocks(_joined(events), delta["delta"]["stop_reason"], (usage["input_tokens"], usage["output_tokens"]))


def _joined(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for event in events:
        if event["type"] == "content_block_start":
            blocks.append({**event["content_block"], "json": ""})
        elif event["type"] == "content_block_delta":
            delta, block = event["delta"], blocks[event["index"]]
            for field, of in (("text", "text"), ("thinking", "thinking"), ("json", "partial_json")):
                if of in delta:
                    block[field] += delta[of]
    for block in blocks:
        if block["type"] == "tool_use":
            block["input"] = json.loads(block["json"] or "{}")
    return blocks


def _blocks(blocks: list[dict[str, Any]], finish: str | None, used: tuple[int, int]) -> Heard:
    return Heard(
        "".join(block["text"] for block in blocks if block["type"] == "text"),
        [(block["id"], block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"],
        finish,
        used,
        "".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
    )


def _is_json(frame: pb.Frame) -> bool:
    return frame.data.startswith(b"{")


async def _answer(client: Client, envelope: dict[str, Any]) -> pb.Answer:
    response = await client.call(**envelope)
    assert response.WhichOneof("result") == "answer", response
    return response.answer


async def _frames(client: Client, envelope: dict[str, Any]) -> list[pb.Frame]:
    frames = await client.frames(**envelope)
    assert frames[-1].end, frames[-1]
    return frames
