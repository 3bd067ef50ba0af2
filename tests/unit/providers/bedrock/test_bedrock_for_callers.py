"""Bedrock as callers of OpenAI's and of Anthropic's dialect meet it, with what those callers' SDKs make of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter

from services.providers.adapters.vendors import known_vendors
from services.providers.application.ports import Dialect
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from tests.unit.providers.bedrock.asking import CLAUDE
from tests.unit.providers.bedrock.frames import STREAM
from tests.unit.providers.bedrock.service_model import check_request
from tests.unit.providers.bedrock.test_bedrock_answers import answer
from tests.unit.providers.reading import answered

BEDROCK = known_vendors(max_event=100_000, now=lambda: datetime.now(UTC))["bedrock"]
CHAT = BEDROCK.spoken_to(CallerDialect.OPENAI_CHAT)
MESSAGES = BEDROCK.spoken_to(CallerDialect.ANTHROPIC_MESSAGES)
EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
ANSWER = answer(
    {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
    {"text": "grüß dich 🌊"},
    {"toolUse": {"toolUseId": "tooluse_1", "name": "look", "input": {"a": 1}}},
    {"toolUse": {"toolUseId": "tooluse_2", "name": "rest", "input": {}}},
    stop="tool_use",
)


def envelope(**fields: Any) -> Envelope:
    body = {"model": "chat", "messages": [{"role": "user", "content": "hi"}], **fields}
    return Envelope("r", 1, "acme", "up", CLAUDE, json.dumps(body).encode(), "", None, "")


def frames(dialect: Dialect, **fields: Any) -> list[bytes]:
    """The stream that a caller gets, without its framing."""
    decoder = dialect.decoder(dialect.request(envelope(stream=True, **fields), stream=True))
    read = [frame for at in range(0, len(STREAM), 7) for frame in decoder.feed(STREAM[at : at + 7])]
    return [frame.data for frame in [*read, *decoder.close()] if frame.data]


def test_openais_sdk_reads_an_answer() -> None:
    said = ChatCompletion.model_validate_json(answered(CHAT, ANSWER).body, strict=True)
    [choice] = said.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "grüß dich 🌊"
    calls = [call.function for call in choice.message.tool_calls or () if call.type == "function"]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [("look", {"a": 1}), ("rest", {})]
    assert said.usage is not None
    assert (said.usage.prompt_tokens, said.usage.completion_tokens, said.usage.total_tokens) == (35, 7, 42)
    assert said.usage.prompt_tokens_details is not None
    assert said.usage.prompt_tokens_details.cached_tokens == 10


def test_openais_sdk_reads_a_stream() -> None:
    chunks = [
        ChatCompletionChunk.model_validate_json(said) for said in frames(CHAT, stream_options={"include_usage": True})
    ]
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "grüß dich 🌊"
    arguments = dict.fromkeys((0, 1), "")
    for call in (call for delta in deltas for call in delta.tool_calls or ()):
        arguments[call.index] += (call.function.arguments if call.function else None) or ""
    assert arguments == {0: '{"a":1}', 1: "{}"}
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == [
        "tool_calls"
    ]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 35


def test_anthropics_sdk_reads_an_answer() -> None:
    said = Message.model_validate_json(answered(MESSAGES, ANSWER).body, strict=True)
    assert [block.type for block in said.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert said.stop_reason == "tool_use"
    assert (said.usage.input_tokens, said.usage.cache_read_input_tokens, said.usage.cache_creation_input_tokens) == (
        5,
        10,
        20,
    )


def test_anthropics_sdk_reads_a_stream() -> None:
    events = [EVENT.validate_json(said) for said in frames(MESSAGES, max_tokens=9)]
    assert events[0].type == "message_start"
    assert events[-1].type == "message_stop"
    starts = [event.content_block.type for event in events if event.type == "content_block_start"]
    assert starts == ["thinking", "text", "tool_use", "tool_use"]
    [end] = [event for event in events if event.type == "message_delta"]
    assert (end.delta.stop_reason, end.usage.output_tokens) == ("tool_use", 7)


def test_what_anthropics_caller_gives_back_is_asked_of_bedrock() -> None:
    said = json.loads(answered(MESSAGES, ANSWER).body)
    results = [
        {"type": "tool_result", "tool_use_id": "tooluse_1", "content": "yes"},
        {"type": "tool_result", "tool_use_id": "tooluse_2", "content": "no", "is_error": True},
    ]
    tools = [{"name": name, "input_schema": SCHEMA} for name in ("look", "rest")]
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": said["content"]},
        {"role": "user", "content": results},
    ]
    request = MESSAGES.request(envelope(messages=turns, tools=tools, max_tokens=9), stream=False)
    assert request.dropped == ()
    messages = check_request(request, CLAUDE)["messages"]
    assert messages[1]["content"] == json.loads(ANSWER)["output"]["message"]["content"]
    assert [block["toolResult"].get("status") for block in messages[2]["content"]] == [None, "error"]


@pytest.mark.parametrize("dialect", [CHAT, MESSAGES])
def test_bedrocks_own_fields_pass_without_a_warning(dialect: Dialect) -> None:
    guard = {"guardrailIdentifier": "abc", "guardrailVersion": "1"}
    request = dialect.request(envelope(max_tokens=9, guardrailConfig=guard), stream=False)
    assert request.dropped == ()
    assert check_request(request, CLAUDE)["guardrailConfig"] == guard
