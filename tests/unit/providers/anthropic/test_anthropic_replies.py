"""Whole answers, and streamed ones, read as replies and written from them; Anthropic's SDK reads what is written."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import anthropic
import httpx2
import msgspec
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pydantic import TypeAdapter

from services.providers.adapters.anthropic.dialect import AnthropicDialect
from services.providers.adapters.anthropic.grammar import AnthropicGrammar
from services.providers.adapters.anthropic.wire import UsageObject
from services.providers.application.ports import VendorRequest
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Conversation, Part, Reasoning, Refusal, Text, ToolCall
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    Choice,
    CitationAdded,
    Event,
    Finish,
    Finished,
    ReasoningAdded,
    RefusalAdded,
    Reply,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)
from tests.unit.providers.anthropic.conversations import refusals, reply_parts
from tests.unit.providers.reading import ANY

GRAMMAR = AnthropicGrammar(lambda: "msg_made")
DIALECT = AnthropicDialect(max_event=100_000)
EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)
USAGE = Usage(1111, 7, 100, 3, 1000)

counts = st.integers(0, 10**6)
usages = st.builds(
    lambda fresh, output, read, thought, written: Usage(fresh + read + written, output, read, thought, written),
    *[counts] * 5,
)
finishes = st.sampled_from(
    [
        Finish("stop"),
        Finish("stop", "END"),
        Finish("stop", said="pause_turn"),
        Finish("length"),
        Finish("length", said="model_context_window_exceeded"),
        Finish("tool_calls"),
        Finish("content_filter"),
    ]
)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    finish = draw(finishes)
    parts: tuple[Part, ...] = draw(reply_parts)
    if finish == Finish("content_filter") and draw(st.booleans()):
        parts = (*parts, draw(refusals))
    return Reply("msg_1", "claude-x", (Choice(parts, finish),), draw(usages))


def events_of(reply: Reply) -> list[Event]:
    """The reply as a vendor streams it, a character at a time."""
    events: list[Event] = [Began(reply.id, reply.model, Usage(1, 1)), UsageTold(Usage(1, 1))]
    calls = 0
    for part in reply.choices[0].parts:
        match part:
            case Text():
                events += [TextAdded(char) for char in part.text]
                events += [CitationAdded(citation) for citation in part.citations]
            case ToolCall():
                events.append(ToolCallBegan(calls, part.id, part.name))
                events += [ArgumentsAdded(calls, char) for char in part.arguments]
                calls += 1
            case Reasoning():
                events += [ReasoningAdded(char) for char in part.text]
                events.append(ReasoningAdded(signature=part.signature, redacted=part.redacted))
            case Refusal():
                events.append(RefusalAdded(part.text))
    assert reply.usage is not None
    return [*events, Finished(reply.choices[0].finish), UsageTold(reply.usage)]


def written(events: Iterable[Event]) -> list[bytes]:
    writer = GRAMMAR.writer(Conversation(()))
    return [data for event in events for data in writer.write(event)] + list(writer.end())


def framed(events: Iterable[bytes]) -> bytes:
    """As the gateway frames them."""
    return b"".join(b"event: %b\ndata: %b\n\n" % (json.loads(data)["type"].encode(), data) for data in events)


def by_the_sdk(body: bytes, *, stream: bool) -> Message:
    """What the official client makes of it; of a stream, all put together."""
    kind = "text/event-stream" if stream else "application/json"
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body, headers={"content-type": kind}))
    client = anthropic.Anthropic(api_key="k", http_client=httpx2.Client(transport=transport))
    asked: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
    if not stream:
        message: Message = client.messages.create(**asked)
        return message
    with client.messages.stream(**asked) as streamed:
        return streamed.get_final_message()


def joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Texts that follow each other are one in a stream; thoughts end with their signature."""
    result: list[Part] = []
    for part in parts:
        last = result[-1] if result else None
        if isinstance(part, Text) and isinstance(last, Text):
            result[-1] = Text(last.text + part.text, citations=(*last.citations, *part.citations))
        else:
            result.append(part)
    return tuple(result)


@settings(max_examples=60, deadline=None)
@given(replies())
def test_a_whole_answer_that_is_written_reads_as_it_was(reply: Reply) -> None:
    body = GRAMMAR.write_answer(reply)
    assert GRAMMAR.read_answer(body) == reply
    assert DIALECT.answer(ANY, body, "").usage == reply.usage
    Message.model_validate_json(body)


@settings(max_examples=60, deadline=None)
@given(replies())
def test_a_streamed_answer_that_is_written_reads_as_it_was(reply: Reply) -> None:
    reading = GRAMMAR.reader()
    read = [event for data in written(events_of(reply)) for event in reading.read(data)]
    assert all_said(read) == all_said(events_of(reply))


def all_said(events: Sequence[Event]) -> tuple[list[Part], Finish, Usage]:  # noqa: C901 - a case for every event
    """The parts that events add up to, how it ended and what it used."""
    parts, calls = list[Part](), dict[int, int]()
    finish, usage = Finish(""), Usage()
    for event in events:
        last = parts[-1] if parts else None
        match event:
            case TextAdded():
                parts.append(Text(event.text))
            case CitationAdded():
                parts.append(Text("", citations=(event.citation,)))
            case ReasoningAdded() if (
                isinstance(last, Reasoning) and not last.signature and not (last.redacted or event.redacted)
            ):
                parts[-1] = Reasoning(last.text + event.text, event.signature)
            case ReasoningAdded():
                parts.append(Reasoning(event.text, event.signature, event.redacted))
            case RefusalAdded():
                parts.append(Refusal(event.text))
            case ToolCallBegan():
                calls[event.call] = len(parts)
                parts.append(ToolCall(event.id, event.name, ""))
            case ArgumentsAdded():
                call = parts[calls[event.call]]
                assert isinstance(call, ToolCall)
                parts[calls[event.call]] = msgspec.structs.replace(call, arguments=call.arguments + event.text)
            case Finished():
                finish = event.finish
            case UsageTold():
                usage = event.usage
    return list(joined(parts)), finish, usage


@settings(max_examples=60, deadline=None)
@given(replies())
def test_the_sdk_reads_every_event_and_puts_them_together_as_the_whole_answer(reply: Reply) -> None:
    events = written(events_of(reply))
    for data in events:
        EVENT.validate_json(data)
    whole = msgspec.structs.replace(
        reply, choices=(msgspec.structs.replace(reply.choices[0], parts=joined(reply.choices[0].parts)),)
    )
    put_together = by_the_sdk(framed(events), stream=True).to_dict()
    expected = by_the_sdk(GRAMMAR.write_answer(whole), stream=False).to_dict()
    for name in ("id", "model", "content", "stop_reason", "stop_sequence"):
        assert put_together[name] == expected[name], name
    counted, usage = put_together["usage"], expected["usage"]
    assert isinstance(counted, dict)
    assert isinstance(usage, dict)
    assert {name: counted[name] for name in usage} == usage


@settings(max_examples=60, deadline=None)
@given(replies())
def test_the_vendors_dialect_finds_what_is_written_in_order(reply: Reply) -> None:
    decoder = AnthropicDialect(max_event=10**6).decoder(VendorRequest("/messages", b""))
    stream = framed(written(events_of(reply)))
    frames = [frame for byte in stream for frame in decoder.feed(bytes([byte]))]
    assert frames[-1].end
    assert "".join(frame.text for frame in frames) == "".join(
        part.text for part in reply.choices[0].parts if isinstance(part, Text)
    )
    assert [frame.usage for frame in frames if frame.usage][-1] == reply.usage


def kinds(events: Iterable[bytes]) -> list[tuple[str, int]]:
    said = map(json.loads, events)
    return [(event["type"].removeprefix("content_block_"), event.get("index", -1)) for event in said]


def test_events_are_in_their_exact_order() -> None:
    events: list[Event] = [
        Began("", "gpt-x"),
        ReasoningAdded("hm"),
        TextAdded("hi"),
        TextAdded(" there"),
        ToolCallBegan(0, "call_1", "f"),
        ArgumentsAdded(0, '{"a":'),
        ArgumentsAdded(0, "1}"),
        ToolCallBegan(1, "call_2", "g"),
        ArgumentsAdded(1, "{}"),
        Finished(Finish("tool_calls")),
        UsageTold(USAGE),
    ]
    said = written(events)
    assert kinds(said) == [
        ("message_start", -1),
        *[("start", 0), ("delta", 0), ("stop", 0)],
        *[("start", 1), ("delta", 1), ("delta", 1), ("stop", 1)],
        *[("start", 2), ("delta", 2), ("delta", 2), ("stop", 2)],
        *[("start", 3), ("delta", 3), ("stop", 3)],
        ("message_delta", -1),
        ("message_stop", -1),
    ]
    start, end = json.loads(said[0])["message"], json.loads(said[-2])
    assert (start["id"], start["usage"]["input_tokens"], start["usage"]["output_tokens"]) == ("msg_made", 0, 0)
    assert end["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
    assert end["usage"] == {
        "input_tokens": 11,
        "cache_creation_input_tokens": 1000,
        "cache_read_input_tokens": 100,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 3},
    }


def test_calls_that_are_interleaved_are_put_together_by_the_sdk() -> None:
    events: list[Event] = [
        Began("c", "gpt-x"),
        ToolCallBegan(0, "call_1", "f"),
        ToolCallBegan(1, "call_2", "g"),
        ArgumentsAdded(1, '{"b":'),
        ArgumentsAdded(0, '{"a":'),
        ArgumentsAdded(1, "2}"),
        ArgumentsAdded(0, "1}"),
        Finished(Finish("tool_calls")),
    ]
    said = written(events)
    assert sorted(kind for kind in kinds(said) if kind[0] == "stop") == [("stop", 0), ("stop", 1)]
    message = by_the_sdk(framed(said), stream=True).to_dict()
    assert isinstance(message["content"], list)
    assert [(block["name"], block["input"]) for block in message["content"]] == [("f", {"a": 1}), ("g", {"b": 2})]


def test_a_call_without_arguments_has_an_empty_object() -> None:
    reading = GRAMMAR.reader()
    block = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    events = [
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ""}},
        {"type": "content_block_stop", "index": 0},
    ]
    read = [said for event in events for said in reading.read(json.dumps(event).encode())]
    assert read == [ToolCallBegan(0, "t", "f"), ArgumentsAdded(0, "{}")]
    whole = {"type": "message", "content": [block], "stop_reason": "tool_use"}
    assert GRAMMAR.read_answer(json.dumps(whole).encode()).choices[0].parts == (ToolCall("t", "f", "{}"),)


def test_blocks_of_server_tools_are_left_out_of_a_reply() -> None:
    reading = GRAMMAR.reader()
    for block in ({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, {"type": "of_tomorrow"}):
        event = {"type": "content_block_start", "index": 0, "content_block": block}
        assert list(reading.read(json.dumps(event).encode())) == []
    more = {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}}
    assert list(reading.read(json.dumps(more).encode())) == []
    assert list(reading.read(b'{"type":"of_tomorrow"}')) == []


def test_words_of_refusal_explain_the_stop() -> None:
    body = GRAMMAR.write_answer(Reply("c", "gpt-x", (Choice((Refusal("I will not"),), Finish("stop")),), USAGE))
    message = by_the_sdk(body, stream=False)
    assert (message.stop_reason, message.content) == ("refusal", [])
    assert message.stop_details is not None
    assert message.stop_details.explanation == "I will not"
    events: list[Event] = [Began("c", "gpt-x"), RefusalAdded("I will"), RefusalAdded(" not"), Finished(Finish("stop"))]
    message = by_the_sdk(framed(written(events)), stream=True)
    assert (message.stop_reason, message.content) == ("refusal", [])
    assert message.stop_details is not None
    assert message.stop_details.explanation == "I will not"


def test_an_answer_without_an_id_gets_one() -> None:
    assert json.loads(GRAMMAR.write_answer(Reply("", "m", (Choice((), Finish("stop")),))))["id"] == "msg_made"
    assert AnthropicGrammar().write_answer(Reply("", "m", (Choice((), Finish("stop")),))).startswith(b'{"id":"msg_')


def test_another_choice_is_not_mixed_with_the_first() -> None:
    events: list[Event] = [
        Began("c", "m"),
        TextAdded("a"),
        TextAdded("b", choice=1),
        Finished(Finish("stop")),
        Finished(Finish("length"), choice=1),
    ]
    message = by_the_sdk(framed(written(events)), stream=True)
    assert ([block.to_dict() for block in message.content], message.stop_reason) == (
        [{"type": "text", "text": "a"}],
        "end_turn",
    )


@pytest.mark.parametrize(
    ("location", "citation"),
    [
        (
            {
                "type": "page_location",
                "document_index": 0,
                "document_title": "t",
                "start_page_number": 1,
                "end_page_number": 2,
            },
            Citation("q", "t", document=0, start=1, end=2, counted_in="pages"),
        ),
        (
            {"type": "web_search_result_location", "url": "u", "title": "t", "encrypted_index": "x"},
            Citation("q", "t", "u"),
        ),
        (
            {
                "type": "search_result_location",
                "source": "s",
                "search_result_index": 4,
                "start_block_index": 0,
                "end_block_index": 1,
            },
            Citation("q", "", "s", 4, 0, 1, "blocks"),
        ),
        ({"type": "of_tomorrow"}, Citation("q")),
    ],
)
def test_where_a_text_is_from_is_read(location: dict[str, object], citation: Citation) -> None:
    block = {"type": "text", "text": "x", "citations": [{"cited_text": "q", **location}]}
    body = json.dumps({"type": "message", "content": [block], "stop_reason": "end_turn"}).encode()
    assert GRAMMAR.read_answer(body).choices[0].parts == (Text("x", citations=(citation,)),)


def test_what_the_cache_keeps_for_an_hour_is_part_of_what_was_written_and_survives_later_counts() -> None:
    told = msgspec.json.decode(
        b'{"input_tokens":1,"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":4}}',
        type=UsageObject,
    ).usage()
    assert (told.input_tokens, told.cache_write_tokens, told.cache_write_1h_tokens) == (10, 9, 4)
    assert UsageObject(output_tokens=7).usage(told) == replace(told, output_tokens=7)
