"""Streamed replies, read from vendors and written for callers: the official SDK reads them too."""

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk

from resilience.errors import Reason
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Conversation
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finish,
    Finished,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)
from tests.unit.providers.openai.world import NOW, grammar

STOP = Finished(Finish("stop"))
Delta = dict[str, Any]


def written(*events: Event, usage_wanted: bool = True) -> list[ChatCompletionChunk]:
    writer = grammar().writer(Conversation((), usage_wanted=usage_wanted))
    chunks = [chunk for event in events for chunk in writer.write(event)]
    return [ChatCompletionChunk.model_validate(json.loads(chunk)) for chunk in [*chunks, *writer.end()]]


def read(*deltas: Delta, **choice: Any) -> list[Event]:
    """The events of choices with these deltas, without Began."""
    reader = grammar().reader()
    events: list[Event] = []
    for delta in deltas:
        events += reader.read(json.dumps({"id": "a", "choices": [{"index": 0, "delta": delta, **choice}]}).encode())
    assert isinstance(events[0], Began)
    return events[1:]


def deltas(chunks: list[ChatCompletionChunk]) -> list[Delta]:
    return [chunk.choices[0].delta.to_dict() for chunk in chunks if chunk.choices]


ROLE = {"role": "assistant", "content": "", "refusal": None}


def test_chunks_are_in_openais_order() -> None:
    usage = Usage(10, 20, 3, 5, 4)
    chunks = written(Began("id", "m", created=7), TextAdded("Hi"), UsageTold(Usage(10, 1)), STOP, UsageTold(usage))
    assert {(chunk.id, chunk.model, chunk.created, chunk.object) for chunk in chunks} == {
        ("id", "m", 7, "chat.completion.chunk")
    }
    assert deltas(chunks) == [ROLE, {"content": "Hi"}, {}]
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None, None, "stop"]
    assert [chunk.usage for chunk in chunks[:-1]] == [None, None, None]
    last = chunks[-1]
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (10, 20, 30)


def test_usage_is_told_only_where_it_is_wanted_and_known() -> None:
    began = Began("id", "m", Usage(10, 1))
    assert written(began, STOP)[-1].usage is not None
    assert not any(chunk.usage for chunk in written(began, STOP, UsageTold(Usage(1, 1)), usage_wanted=False))
    writer = grammar().writer(Conversation((), usage_wanted=False))
    assert all(b'"usage"' not in chunk for event in (began, STOP) for chunk in writer.write(event))
    assert [len(chunk.choices) for chunk in written(Began("id", "m"), STOP)] == [1, 1]


def test_a_reply_without_id_and_time_is_given_them() -> None:
    (chunk,) = written(Began("", "m"))
    assert (chunk.id, chunk.created) == ("chatcmpl-new0", int(NOW.timestamp()))


def test_every_choice_begins_with_its_role() -> None:
    chunks = written(Began("id", "m"), TextAdded("a"), TextAdded("b", 1), TextAdded("c", 1), TextAdded("d"))
    assert [(chunk.choices[0].index, chunk.choices[0].delta.content) for chunk in chunks] == [
        (0, ""),
        (0, "a"),
        (1, ""),
        (1, "b"),
        (1, "c"),
        (0, "d"),
    ]
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant", None, "assistant", None, None, None]


def test_calls_are_told_by_their_index() -> None:
    chunks = written(
        Began("id", "m"),
        ToolCallBegan(0, "c0", "look"),
        ToolCallBegan(1, "c1", "hear", signature="proof"),
        ArgumentsAdded(0, '{"a"'),
        ArgumentsAdded(1, "{}"),
        Finished(Finish("tool_calls")),
    )
    begun = {"type": "function", "function": {"name": "look", "arguments": ""}}
    heard = {"type": "function", "function": {"name": "hear", "arguments": ""}}
    assert deltas(chunks)[1:-1] == [
        {"tool_calls": [{"index": 0, "id": "c0", **begun}]},
        {
            "tool_calls": [
                {"index": 1, "id": "c1", **heard, "extra_content": {"google": {"thought_signature": "proof"}}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
    ]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_thoughts_and_refusals_are_told() -> None:
    thoughts = (ReasoningAdded("Hm"), ReasoningAdded(signature="sig"), ReasoningAdded(redacted="secret"))
    assert deltas(written(Began("id", "m"), *thoughts, RefusalAdded("No")))[1:] == [
        {"reasoning_content": "Hm"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "sig", "index": 0}]},
        {"thinking_blocks": [{"type": "redacted_thinking", "data": "secret", "index": 1}]},
        {"refusal": "No"},
    ]


def test_a_citation_is_of_the_text_since_what_was_cited_before() -> None:
    cited = CitationAdded(Citation(title="T", url="https://a"))
    chunks = written(Began("id", "m"), TextAdded("One."), cited, TextAdded("Tw"), TextAdded("o."), cited, cited)
    spans = [
        (note["url_citation"]["start_index"], note["url_citation"]["end_index"])
        for delta in deltas(chunks)
        for note in delta.get("annotations", ())
    ]
    assert spans == [(0, 4), (4, 8), (4, 8)]


def test_the_first_chunk_of_filters_alone_begins_nothing() -> None:
    reader = grammar().reader()
    assert list(reader.read(b'{"id":"","model":"","choices":[],"prompt_filter_results":[]}')) == []
    assert list(reader.read(b'{"id":"a","model":"m","created":7,"choices":[]}')) == [Began("a", "m", created=7)]
    assert list(reader.read(b'{"id":"a","model":"m","choices":[]}')) == []


def test_usage_of_a_chunk_is_told_after_its_choices() -> None:
    chunk = {"id": "a", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    assert list(grammar().reader().read(json.dumps({**chunk, "usage": usage}).encode()))[1:] == [
        TextAdded("Hi"),
        STOP,
        UsageTold(Usage(1, 2)),
    ]


def call(index: int | None, call_id: str | None, name: str | None, arguments: str | None) -> Delta:
    return {"tool_calls": [{"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}]}


@pytest.mark.parametrize("indexes", [(0, 1), (0, 0), (None, None), (3, 7)])
def test_calls_are_told_apart_however_a_vendor_counts_them(indexes: tuple[int | None, int | None]) -> None:
    first, second = indexes
    assert read(
        call(first, "c0", "look", ""),
        call(first, None, None, "{}"),
        call(second, "c1", "hear", '{"a"'),
        call(second, "c1", None, ":1}"),
    ) == [
        ToolCallBegan(0, "c0", "look"),
        ArgumentsAdded(0, "{}"),
        ToolCallBegan(1, "c1", "hear"),
        ArgumentsAdded(1, '{"a"'),
        ArgumentsAdded(1, ":1}"),
    ]


def test_an_id_that_is_repeated_is_the_same_call() -> None:
    assert read(call(0, "c0", "look", "{"), call(0, "c0", "look", "}")) == [
        ToolCallBegan(0, "c0", "look"),
        ArgumentsAdded(0, "{"),
        ArgumentsAdded(0, "}"),
    ]


def test_calls_without_an_id_are_given_one() -> None:
    assert read(call(0, None, "look", "{}"), call(1, "", "look", "{}"))[::2] == [
        ToolCallBegan(0, "call_new0", "look"),
        ToolCallBegan(1, "call_new1", "look"),
    ]


def test_a_choice_ends_once_and_for_its_calls_where_it_has_some() -> None:
    assert read(call(0, "c0", "look", None), {}, {}, finish_reason="stop") == [
        ToolCallBegan(0, "c0", "look"),
        Finished(Finish("tool_calls")),
    ]


def test_thoughts_are_read_wherever_vendors_tell_them() -> None:
    litellm = {
        "reasoning_content": "Hm",
        "thinking_blocks": [{"type": "thinking", "thinking": "Hm", "signature": None}],
    }
    mistral = {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}
    for delta in ({"reasoning_content": "Hm"}, {"reasoning": "Hm", "content": ""}, litellm, mistral):
        assert read(delta) == [ReasoningAdded("Hm")]


def test_what_is_no_chunk_is_malformed() -> None:
    with pytest.raises(VendorFailure) as failed:
        list(grammar().reader().read(b'{"choices":3}'))
    assert failed.value.reason is Reason.VENDOR_MALFORMED
