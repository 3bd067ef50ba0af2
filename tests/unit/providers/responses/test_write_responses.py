"""Replies as responses and as their events, checked by the official SDK's types."""

from typing import Any

import msgspec
import pytest

from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Media, Reasoning, Refusal, Text, ToolCall
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finish,
    Finished,
    MediaAdded,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)
from tests.unit.providers.responses.world import kinds, response_of, streamed, whole

BEGAN = Began("id", "m")
STOPPED = Finished(Finish("stop"))
USAGE = Usage(10, 5, 4, 3, 2)
LOGPROBS = {"content": [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}], "refusal": None}
WEB = Citation("said so", "Page", "https://example.com/")


def ending(events: list[dict[str, Any]]) -> dict[str, Any]:
    response: dict[str, Any] = events[-1]["response"]
    return response


def test_a_text_comes_in_openais_order() -> None:
    events = streamed(BEGAN, TextAdded("Hel"), TextAdded("lo"), STOPPED, UsageTold(USAGE))
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event.get("delta") for event in events[4:6]] == ["Hel", "lo"]
    assert events[6]["text"] == events[7]["part"]["text"] == "Hello"
    assert ending(events)["output"] == [events[8]["item"]]
    response = response_of(ending(events))
    assert (response.status, response.output_text) == ("completed", "Hello")
    assert response.usage is not None
    assert response.usage.total_tokens == 15
    assert response.usage.input_tokens_details.cached_tokens == 4
    assert response.usage.output_tokens_details.reasoning_tokens == 3


def test_a_response_begins_and_ends_under_one_id() -> None:
    events = streamed(BEGAN, TextAdded("Hi"), STOPPED)
    begun = [event["response"] for event in events if "response" in event]
    assert len({response["id"] for response in begun}) == 1
    assert [response["status"] for response in begun] == ["in_progress", "in_progress", "completed"]
    assert begun[0]["output"] == []


def test_thoughts_come_before_what_is_said_and_keep_their_proof() -> None:
    events = streamed(
        BEGAN, ReasoningAdded("Hm"), ReasoningAdded("m."), ReasoningAdded(signature="abc"), TextAdded("Hi"), STOPPED
    )
    assert kinds(events)[2:10] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
    ]
    thought, message = ending(events)["output"]
    assert thought["summary"] == [{"type": "summary_text", "text": "Hmm."}]
    assert thought["encrypted_content"] == "seawall:signed:abc"
    assert message["type"] == "message"


def test_a_thought_kept_secret_is_an_item_of_its_own() -> None:
    events = streamed(BEGAN, ReasoningAdded("Hm"), ReasoningAdded(redacted="xyz"), TextAdded("Hi"), STOPPED)
    first, second, _ = ending(events)["output"]
    assert "encrypted_content" not in first
    assert (second["summary"], second["encrypted_content"]) == ([], "seawall:redacted:xyz")


def test_a_call_comes_in_openais_order() -> None:
    events = streamed(
        BEGAN,
        ToolCallBegan(0, "call_1", "look"),
        ArgumentsAdded(0, '{"a"'),
        ArgumentsAdded(0, ":1}"),
        Finished(Finish("tool_calls")),
    )
    assert kinds(events)[2:-1] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    (call,) = ending(events)["output"]
    assert (call["call_id"], call["name"], call["arguments"], call["status"]) == (
        "call_1",
        "look",
        '{"a":1}',
        "completed",
    )


def test_calls_that_follow_each_other_end_before_the_next_begins() -> None:
    events = streamed(
        BEGAN,
        ToolCallBegan(0, "c0", "look"),
        ArgumentsAdded(0, "{}"),
        ToolCallBegan(1, "c1", "look"),
        ArgumentsAdded(1, "{}"),
        STOPPED,
    )
    items = [
        (kind, event["output_index"])
        for kind, event in zip(kinds(events), events, strict=True)
        if "output_item" in kind
    ]
    assert items == [
        ("output_item.added", 0),
        ("output_item.done", 0),
        ("output_item.added", 1),
        ("output_item.done", 1),
    ]


def test_interleaved_calls_keep_apart() -> None:
    events = streamed(
        BEGAN,
        ToolCallBegan(0, "c0", "look"),
        ToolCallBegan(1, "c1", "listen"),
        ArgumentsAdded(1, '{"b":'),
        ArgumentsAdded(0, '{"a":1}'),
        ArgumentsAdded(1, "2}"),
        STOPPED,
    )
    calls = ending(events)["output"]
    assert [(call["name"], call["arguments"]) for call in calls] == [("look", '{"a":1}'), ("listen", '{"b":2}')]


def test_a_call_s_signature_is_a_thought_before_it() -> None:
    events = streamed(
        BEGAN, ToolCallBegan(0, "c0", "look", signature="gemini-call:s"), ArgumentsAdded(0, "{}"), STOPPED
    )
    thought, call = ending(events)["output"]
    assert thought["encrypted_content"] == "seawall:signed:gemini-call:s"
    assert call["type"] == "function_call"
    assert whole(ToolCall("c0", "look", "{}", signature="s")).output[0].type == "reasoning"


def test_a_refusal_is_a_part_of_its_own() -> None:
    events = streamed(BEGAN, TextAdded("Well."), RefusalAdded("I "), RefusalAdded("won't."), STOPPED)
    assert kinds(events)[6:-2] == [
        "content_part.done",
        "content_part.added",
        "refusal.delta",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
    ]
    assert events[-4]["refusal"] == "I won't."
    assert events[-4]["content_index"] == 1
    (message,) = ending(events)["output"]
    assert [part["type"] for part in message["content"]] == ["output_text", "refusal"]


def test_an_annotation_spans_the_text_that_is_cited() -> None:
    events = streamed(
        BEGAN,
        TextAdded("One. "),
        CitationAdded(WEB),
        TextAdded("Two."),
        CitationAdded(WEB),
        CitationAdded(WEB),
        STOPPED,
    )
    notes = [event for event in events if event["type"] == "response.output_text.annotation.added"]
    assert [note["annotation_index"] for note in notes] == [0, 1, 2]
    assert [(note["annotation"]["start_index"], note["annotation"]["end_index"]) for note in notes] == [
        (0, 5),
        (5, 9),
        (5, 9),
    ]
    (part,) = ending(events)["output"][0]["content"]
    assert part["annotations"] == [note["annotation"] for note in notes]
    (cited,) = whole(Text("One.", citations=(WEB, Citation("q", "doc", document=2)))).output
    assert cited.type == "message"
    assert cited.content[0].type == "output_text"
    assert [note.type for note in cited.content[0].annotations] == ["url_citation", "file_citation"]


def test_logprobs_are_told_with_the_text() -> None:
    events = streamed(BEGAN, TextAdded("Hi", logprobs=msgspec.Raw(msgspec.json.encode(LOGPROBS))), STOPPED)
    assert events[4]["logprobs"] == LOGPROBS["content"] == events[5]["logprobs"]


@pytest.mark.parametrize(("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_an_answer_cut_short_is_incomplete(finish: str, reason: str) -> None:
    events = streamed(BEGAN, TextAdded("Hi"), Finished(Finish(finish)))
    assert events[-1]["type"] == "response.incomplete"
    assert ending(events)["incomplete_details"] == {"reason": reason}
    assert ending(events)["output"][0]["status"] == "incomplete"
    response = whole(Text("Hi"), finish=finish)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == reason


def test_an_image_is_a_call_that_made_it() -> None:
    made = Media("image", "image/png", "aGk=")
    events = streamed(BEGAN, MediaAdded(made), STOPPED)
    assert ending(events)["output"][0]["result"] == "aGk="
    assert whole(made).output[0].type == "image_generation_call"


def test_only_the_first_choice_is_told() -> None:
    assert kinds(streamed(BEGAN, TextAdded("no", choice=1), STOPPED)) == ["created", "in_progress", "completed"]


def test_a_whole_reply_says_what_its_stream_says() -> None:
    parts = (
        Reasoning("Hm.", "sig"),
        Text("Hi"),
        Refusal("no"),
        ToolCall("c1", "look", "{}"),
        ToolCall("c2", "look", "{}"),
    )
    events: list[Event] = [BEGAN, ReasoningAdded("Hm.", "sig"), TextAdded("Hi"), RefusalAdded("no")]
    for number, call_id in enumerate(("c1", "c2")):
        events += [ToolCallBegan(number, call_id, "look"), ArgumentsAdded(number, "{}")]
    said = response_of(ending(streamed(*events, UsageTold(USAGE), STOPPED)))
    response = whole(*parts, usage=USAGE)

    def unnamed(told: Any) -> Any:
        return [item.model_dump(exclude={"id"}) for item in told.output]

    assert unnamed(response) == unnamed(said)
    assert response.usage == said.usage
