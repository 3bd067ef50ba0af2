"""The same conversation, with tools, through a pair of dialects and back: what is told differently is listed here."""

import itertools
import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter

from resilience.errors import Failure, Reason
from services.providers.adapters.anthropic.grammar import AnthropicGrammar
from services.providers.adapters.openai.grammar import OpenAIGrammar
from services.providers.adapters.vendors import known_vendors
from services.providers.application.ports import Dialect
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.conversation import (
    Conversation,
    Format,
    Media,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.losses import Losses, Unsupported
from tests.unit.providers.anthropic.conversations import ids, objects, raws, words
from tests.unit.providers.reading import answered

NOW = datetime(2026, 11, 21, tzinfo=UTC)
VENDORS = known_vendors(max_event=100_000, now=lambda: NOW)
TO_CLAUDE = VENDORS["anthropic"].spoken_to(CallerDialect.OPENAI_CHAT)
TO_GPT = VENDORS["openai"].spoken_to(CallerDialect.ANTHROPIC_MESSAGES)
CHAT = OpenAIGrammar(now=lambda: NOW, fresh=map("new{}".format, itertools.count()).__next__)
MESSAGES = AnthropicGrammar(lambda: "msg_made")
MODEL = "claude-opus-4-6"
EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def call(call_id: str, city: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "weather", "arguments": f'{{"city":"{city}"}}'}}


ASKED: dict[str, Any] = {
    "model": "chat",
    "messages": [
        {"role": "system", "content": "Be brief. 🌊"},
        {"role": "user", "content": [{"type": "text", "text": "What is this, and is it raining there?"}, IMAGE]},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call("call_1", "Kiel"), call("call_2", "Bonn")]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        {"role": "tool", "tool_call_id": "call_2", "content": "sun"},
        {"role": "user", "content": "And tomorrow?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "weather", "description": "d", "parameters": SCHEMA, "strict": True},
        }
    ],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
    "max_completion_tokens": 500,
    "temperature": 0.5,
    "stop": ["END"],
    "user": "u-1",
}


def envelope(said: dict[str, Any] | bytes, caller: CallerDialect, model: str = MODEL, **fields: Any) -> Envelope:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Envelope("r", 1, "acme", "main", model, body, "", None, "", caller, **fields)


def there_and_back(body: dict[str, Any]) -> dict[str, Any]:
    """A chat request, asked of Anthropic, and what that asks of OpenAI."""
    asked = TO_CLAUDE.request(envelope(body, CallerDialect.OPENAI_CHAT), stream=False)
    assert asked.dropped == ()
    back = TO_GPT.request(envelope(asked.body, CallerDialect.ANTHROPIC_MESSAGES, model=body["model"]), stream=False)
    assert back.dropped == ()
    said: dict[str, Any] = json.loads(back.body)
    return said


def test_a_conversation_with_tools_comes_back_as_it_went() -> None:
    assert there_and_back(ASKED) == ASKED


DIFFERENT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a limit must be told to Anthropic", {"max_completion_tokens": None}, {"max_completion_tokens": 128_000}),
    ("one word for a stop is a list of one", {"stop": "END"}, {"stop": ["END"]}),
    (
        "a schema has no name there",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
        {"response_format": ASKED["response_format"]},
    ),
    ("calls side by side are its default", {"parallel_tool_calls": True}, {"parallel_tool_calls": None}),
    (
        "the least effort is low",
        {"reasoning_effort": "minimal", "temperature": None},
        {"reasoning_effort": "low", "temperature": None},
    ),
]
"""What a chat request says, and what it says when it comes back: all that differs without a warning."""


@pytest.mark.parametrize(("said", "back"), [pair[1:] for pair in DIFFERENT], ids=[pair[0] for pair in DIFFERENT])
def test_what_comes_back_differs_as_listed(said: dict[str, Any], back: dict[str, Any]) -> None:
    def with_(changes: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in (ASKED | changes).items() if value is not None}

    assert there_and_back(with_(said)) == with_(back)


def test_a_developer_is_the_system_there() -> None:
    messages = [{"role": "developer", "content": "Be brief. 🌊"}, *ASKED["messages"][1:]]
    assert there_and_back({**ASKED, "messages": messages}) == ASKED


def test_what_is_lost_is_named() -> None:
    body = {**ASKED, "seed": 1, "temperature": 1.5, "service_tier": "flex"}
    asked = TO_CLAUDE.request(envelope(body, CallerDialect.OPENAI_CHAT), stream=False)
    assert set(asked.dropped) == {"seed", "temperature", "service_tier"}
    with pytest.raises(Failure) as failed:
        TO_CLAUDE.request(envelope(body, CallerDialect.OPENAI_CHAT, unsupported=Unsupported.ERROR), stream=False)
    assert failed.value.reason is Reason.UNSUPPORTED_BY_TARGET
    web = {
        "model": "m",
        "max_tokens": 1,
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"type": "web_search_20260318", "name": "web_search"}],
    }
    with pytest.raises(Failure) as failed:
        TO_GPT.request(envelope(web, CallerDialect.ANTHROPIC_MESSAGES), stream=False)
    assert failed.value.detail == {"param": "tools.web_search_20260318"}
    dropped = TO_GPT.request(
        envelope(web, CallerDialect.ANTHROPIC_MESSAGES, unsupported=Unsupported.DROP), stream=False
    ).dropped
    assert dropped == ("tools.web_search_20260318",)


plain = words.map(Text)
users = st.builds(
    lambda results, others: Turn(Role.USER, (*results, *others)),
    st.lists(st.builds(ToolResult, ids, st.lists(plain, max_size=1).map(tuple)), max_size=2),
    st.lists(plain | st.builds(Media, st.just("image"), st.just("image/png"), st.just("AAAA")), min_size=1, max_size=2),
)
assistants = st.builds(
    lambda said, calls: Turn(Role.ASSISTANT, (said, *calls)), plain, st.lists(st.builds(ToolCall, ids, ids, objects))
)
both_say = st.builds(
    Conversation,
    st.builds(
        lambda system, pairs, last: (Turn(Role.SYSTEM, (system,)), *itertools.chain(*pairs), last),
        plain,
        st.lists(st.tuples(users, assistants), max_size=2),
        users,
    ),
    st.lists(st.builds(Tool, ids, st.text(), raws, st.none() | st.booleans()), min_size=1, max_size=2).map(tuple),
    st.sampled_from([ToolChoice("auto"), ToolChoice("required"), ToolChoice("tool", "f")]),
    st.sampled_from([None, False]),
    st.none() | st.builds(Format, raws),
    max_tokens=st.integers(1, 10**6),
    temperature=st.none() | st.floats(0, 1),
    stop=st.lists(words, max_size=2).map(tuple),
    user=st.text(),
)
"""What both have words for. Not among it, as each has its own place for it: words after calls, media in results, what
stands beside a document, marks of caches, thoughts."""


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50, deadline=None)
@given(both_say)
def test_what_both_can_say_comes_back_as_it_went(conversation: Conversation) -> None:
    losses = Losses("target", Unsupported.ERROR)
    asked = CHAT.write_request(conversation, "gpt", stream=False, prefix="", losses=losses)
    back = CHAT.read_request(asked.body)
    again = MESSAGES.write_request(back, MODEL, stream=False, prefix="", losses=losses)
    assert MESSAGES.read_request(again.body) == conversation


# Answers.

CLAUDE_SAID: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [
        {"type": "text", "text": "Let me see. 🌊"},
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Kiel"}},
        {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 11, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 100, "output_tokens": 7},
}
USAGE = Usage(111, 7, 100, 0, 0)


def claude_stream() -> bytes:
    start = {**CLAUDE_SAID, "content": [], "stop_reason": None, "usage": {**CLAUDE_SAID["usage"], "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(CLAUDE_SAID["content"]):
        empty: dict[str, Any] = {"text": ""} if block["type"] == "text" else {"input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": block | empty})
        written = block["text"] if block["type"] == "text" else json.dumps(block["input"]) if block["input"] else ""
        for char in written:
            delta = {"type": "text_delta", "text": char}
            if block["type"] == "tool_use":
                delta = {"type": "input_json_delta", "partial_json": char}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}})
    events.append({"type": "message_stop"})
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def frames(dialect: Dialect, asked: Envelope, pieces: list[bytes]) -> list[Frame]:
    decoder = dialect.decoder(dialect.request(asked, stream=True))
    return [frame for piece in pieces for frame in decoder.feed(piece)] + list(decoder.close())


def test_an_answer_of_claudes_is_a_chat_completion() -> None:
    answer = answered(TO_CLAUDE, json.dumps(CLAUDE_SAID).encode())
    said = ChatCompletion.model_validate_json(answer.body)
    message = said.choices[0].message
    assert message.content == "Let me see. 🌊"
    assert [(made.id, made.function.name, made.function.arguments) for made in message.tool_calls or ()] == [  # type: ignore[union-attr]  # functions
        ("toolu_1", "weather", '{"city": "Kiel"}'),
        ("toolu_2", "now", "{}"),
    ]
    assert (said.choices[0].finish_reason, answer.finish_reason, answer.usage) == ("tool_calls", "tool_calls", USAGE)
    assert said.usage is not None
    assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (111, 7)


def test_an_answer_comes_back_as_it_went() -> None:
    chat = answered(TO_CLAUDE, json.dumps(CLAUDE_SAID).encode())
    back = answered(TO_GPT, chat.body)
    assert json.loads(back.body) == CLAUDE_SAID
    Message.model_validate_json(back.body)
    assert (back.finish_reason, back.usage) == ("tool_calls", USAGE)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=5))
def test_a_stream_comes_back_as_it_went_wherever_it_is_cut(cuts: list[int]) -> None:
    stream = claude_stream()
    edges = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]
    asked = envelope({**ASKED, "stream_options": {"include_usage": True}}, CallerDialect.OPENAI_CHAT)
    chunks = frames(TO_CLAUDE, asked, [stream[begin:end] for begin, end in pairwise(edges)])
    for frame in chunks:
        if frame.data:
            ChatCompletionChunk.model_validate_json(frame.data)
    assert "".join(frame.text for frame in chunks) == "Let me see. 🌊"
    assert [frame.usage for frame in chunks if frame.usage][-1] == USAGE
    assert chunks[-1].end
    chat = [b"data: %b\n\n" % frame.data for frame in chunks if frame.data] + [b"data: [DONE]\n\n"]
    back = frames(
        TO_GPT, envelope({"messages": [{"role": "user", "content": "hi"}]}, CallerDialect.ANTHROPIC_MESSAGES), chat
    )
    events = [json.loads(frame.data) for frame in back if frame.data]
    for event in events:
        EVENT.validate_python(event)
    assert put_together(events) == CLAUDE_SAID["content"]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    assert events[-2]["usage"] == CLAUDE_SAID["usage"]
    assert events[-1] == {"type": "message_stop"}
    assert [frame.usage for frame in back if frame.usage][-1] == USAGE


def put_together(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for event in events:
        match event:
            case {"type": "content_block_start", "content_block": block}:
                blocks.append({**block, "written": ""})
            case {"type": "content_block_delta", "index": index, "delta": {"text": text} | {"partial_json": text}}:
                blocks[index]["written"] += text
    for block in blocks:
        written = block.pop("written")
        block.update({"text": written} if block["type"] == "text" else {"input": json.loads(written)})
    return blocks
