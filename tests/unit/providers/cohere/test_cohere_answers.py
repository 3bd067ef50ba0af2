"""Cohere's answers, whole and streamed, as callers of both dialects meet them; the events are those it documents."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from resilience.errors import Reason
from services.providers.adapters.cohere.dialect import CohereDialect
from services.providers.adapters.cohere.errors import BROKEN_OFF, FINISHES, reason_of
from services.providers.adapters.cohere.grammar import CohereGrammar
from services.providers.adapters.vendors import known_vendors
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.conversation import Citation, Reasoning, Text, ToolCall
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import CitationAdded, Event
from tests.unit.providers.reading import ANY, answered

COHERE = known_vendors(max_event=10_000, now=lambda: datetime(2026, 11, 21, tzinfo=UTC))["cohere"]
CHATS = (CallerDialect.OPENAI_CHAT, CallerDialect.ANTHROPIC_MESSAGES)
USAGE = {
    "billed_units": {"input_tokens": 17, "output_tokens": 12},
    "tokens": {"input_tokens": 71.0, "output_tokens": 12.0},
    "cached_tokens": 16.0,
}
CITED = {
    "start": 0,
    "end": 4,
    "text": "Flut",
    "sources": [
        {"type": "document", "id": "document-1", "document": {"id": "document-1", "title": "note", "snippet": "s"}},
        {"type": "tool", "id": "c1:0", "tool_output": {"a": "b"}},
    ],
    "type": "TEXT_CONTENT",
}
SAID: dict[str, Any] = {
    "id": "c14c80c3",
    "finish_reason": "TOOL_CALL",
    "message": {
        "role": "assistant",
        "tool_plan": "I will look.",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Flut 🌊"}],
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at":"sky"}'}}],
        "citations": [CITED],
    },
    "usage": USAGE,
}


def content(index: int, **fields: str) -> dict[str, Any]:
    return {"type": "content-delta", "index": index, "delta": {"message": {"content": fields}}}


def call(kind: str, index: int, **fields: Any) -> dict[str, Any]:
    return {"type": f"tool-call-{kind}", "index": index, "delta": {"message": {"tool_calls": fields}}}


EVENTS: list[dict[str, Any]] = [
    {"id": "c14c80c3", "type": "message-start", "delta": {"message": {"role": "assistant", "content": []}}},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will "}}},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "look."}}},
    {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "thinking", "thinking": ""}}}},
    content(0, thinking="Hm."),
    {"type": "content-end", "index": 0},
    {"type": "content-start", "index": 1, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
    content(1, text="Flut "),
    content(1, text="🌊"),
    {"type": "citation-start", "index": 0, "delta": {"message": {"citations": CITED}}},
    {"type": "citation-end", "index": 0},
    {"type": "content-end", "index": 1},
    call("start", 0, id="c1", type="function", function={"name": "look", "arguments": ""}),
    call("delta", 0, function={"arguments": '{"at":'}),
    call("delta", 0, function={"arguments": '"sky"}'}),
    {"type": "tool-call-end", "index": 0},
    call("start", 1, id="c2", type="function", function={"name": "go", "arguments": ""}),
    call("delta", 1, function={"arguments": "{}"}),
    {"type": "tool-call-end", "index": 1},
    {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": USAGE}},
]


def stream(events: list[dict[str, Any]]) -> bytes:
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode() for event in events
    )


STREAM = stream(EVENTS)


def frames(pieces: list[bytes], caller: CallerDialect = CallerDialect.OPENAI_CHAT) -> list[Frame]:
    dialect = COHERE.spoken_to(caller)
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
    envelope = Envelope("r", 1, "acme", "co", "command-a", json.dumps(body).encode(), "", None, "", caller)
    decoder = dialect.decoder(dialect.request(envelope, stream=True))
    return [frame for piece in pieces for frame in decoder.feed(piece)] + list(decoder.close())


def test_a_whole_answer_is_read_in_full() -> None:
    reply = CohereGrammar().read_answer(json.dumps(SAID).encode())
    (choice,) = reply.choices
    citations = (
        Citation("s", "note", document=1, start=0, end=4, counted_in="answer"),
        Citation("Flut", "c1:0", start=0, end=4, counted_in="answer"),
    )
    assert choice.parts == (
        Reasoning("I will look."),
        Reasoning("Hm."),
        Text("Flut 🌊", citations=citations),
        ToolCall("c1", "look", '{"at":"sky"}'),
    )
    assert (choice.finish.reason, choice.finish.said, reply.usage) == ("tool_calls", "", Usage(17, 12, 16))


def test_callers_of_openais_dialect_get_a_completion() -> None:
    answer = answered(COHERE.spoken_to(CallerDialect.OPENAI_CHAT), json.dumps(SAID).encode(), "v-1")
    completion = ChatCompletion.model_validate_json(answer.body)
    message = completion.choices[0].message
    assert (message.content, completion.choices[0].finish_reason) == ("Flut 🌊", "tool_calls")
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (17, 12)
    assert (answer.finish_reason, answer.usage, answer.vendor_request_id) == ("tool_calls", Usage(17, 12, 16), "v-1")


def test_callers_of_anthropics_dialect_get_a_message() -> None:
    answer = answered(COHERE.spoken_to(CallerDialect.ANTHROPIC_MESSAGES), json.dumps(SAID).encode())
    said = json.loads(answer.body)
    assert [block["type"] for block in said["content"]] == ["thinking", "thinking", "text", "tool_use"]
    assert said["content"][2]["citations"][0]["document_index"] == 1
    assert said["stop_reason"] == "tool_use"


def test_a_streamed_answer_says_the_same() -> None:
    read = frames([STREAM])
    chunks = [ChatCompletionChunk.model_validate_json(frame.data) for frame in read if frame.data]
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    calls = [made for delta in deltas for made in delta.tool_calls or ()]
    assert "".join(frame.text for frame in read) == "Flut 🌊"
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == "I will look.Hm."
    assert [made.id for made in calls if made.id] == ["c1", "c2"]
    arguments = [
        "".join(made.function.arguments or "" for made in calls if made.index == at and made.function) for at in (0, 1)
    ]
    assert arguments == ['{"at":"sky"}', "{}"]
    assert [frame.finish_reason for frame in read if frame.finish_reason] == ["tool_calls"]
    assert [frame.usage for frame in read if frame.usage is not None] == [Usage(17, 12, 16)]
    assert [frame.end for frame in read].count(True) == 1
    assert read[-1].end


def test_citations_are_told_where_they_are_made() -> None:
    reader, said = CohereGrammar().reader(), list[Event]()
    for event in EVENTS:
        said += reader.read(json.dumps(event).encode())
    cited = [event.citation for event in said if isinstance(event, CitationAdded)]
    assert [citation.document for citation in cited] == [1, -1]


@settings(deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=6), st.sampled_from(CHATS))
def test_a_stream_does_not_depend_on_where_it_is_split(cuts: list[int], caller: CallerDialect) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert frames([STREAM[begin:end] for begin, end in pairwise(edges)], caller) == frames([STREAM], caller)


@pytest.mark.parametrize("left", range(len(EVENTS)))
def test_a_stream_that_breaks_off_is_no_success(left: int) -> None:
    with pytest.raises(VendorFailure) as failed:
        frames([stream(EVENTS[:left])])
    assert failed.value.reason is Reason.VENDOR_STREAM_CUT


def test_the_last_event_needs_no_blank_line() -> None:
    assert frames([STREAM.rstrip()]) == frames([STREAM])


@pytest.mark.parametrize(("word", "reason"), BROKEN_OFF.items())
def test_an_answer_that_says_it_broke_off_is_no_success(word: str, reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        frames([stream([*EVENTS[:-1], {"type": "message-end", "delta": {"finish_reason": word}}])])
    assert failed.value.reason is reason
    with pytest.raises(VendorFailure) as failed:
        CohereDialect(max_event=1).answer(ANY, json.dumps({**SAID, "finish_reason": word}).encode(), "")
    assert failed.value.reason is reason


def test_an_error_in_the_middle_is_no_success() -> None:
    with pytest.raises(VendorFailure) as failed:
        frames(
            [stream([*EVENTS[:5], {"type": "message-end", "delta": {"error": "oops", "finish_reason": "COMPLETE"}}])]
        )
    assert failed.value.reason is Reason.VENDOR_ERROR


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{}", Reason.VENDOR_MALFORMED),
        (b"[", Reason.VENDOR_MALFORMED),
        (b'{"message":"internal server error"}', Reason.VENDOR_ERROR),
        (b'{"message":{"content":[]}}', Reason.VENDOR_STREAM_CUT),
    ],
)
def test_what_is_no_answer_is_a_failure(body: bytes, reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        CohereDialect(max_event=1).answer(ANY, body, "")
    assert failed.value.reason is reason


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (400, "invalid request: prompt must be at least 1 token long.", Reason.VENDOR_REJECTED),
        (
            400,
            "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292.",
            Reason.CONTEXT_LENGTH_EXCEEDED,
        ),
        (
            400,
            "too many tokens: max tokens must be less than or equal to 4096, the maximum output for this model",
            Reason.VENDOR_REJECTED,
        ),
        (401, "invalid api token", Reason.VENDOR_AUTHENTICATION),
        (402, "Please add or update your payment method", Reason.VENDOR_QUOTA_EXHAUSTED),
        (404, "model 'xyz' not found", Reason.VENDOR_MODEL_NOT_FOUND),
        (422, "unprocessable", Reason.VENDOR_REJECTED),
        (
            429,
            "You are past the per minute request limit, please wait and try again later.",
            Reason.VENDOR_RATE_LIMITED,
        ),
        (
            429,
            "You are using a Trial key, which is limited to 1000 API calls / month.",
            Reason.VENDOR_QUOTA_EXHAUSTED,
        ),
        (429, "You are using a Trial key, which is limited to 40 API calls / minute.", Reason.VENDOR_RATE_LIMITED),
        (499, "request cancelled by user", Reason.VENDOR_ERROR),
        (500, "internal server error", Reason.VENDOR_ERROR),
        (503, "unavailable", Reason.VENDOR_OVERLOADED),
        (504, "timeout", Reason.VENDOR_TIMEOUT),
    ],
)
def test_errors_have_their_reasons(status: int, message: str, reason: Reason) -> None:
    assert reason_of(status, json.dumps({"message": message}).encode()) is reason


def test_every_documented_finish_is_known() -> None:
    assert FINISHES.keys() | BROKEN_OFF.keys() == {
        "COMPLETE",
        "STOP_SEQUENCE",
        "MAX_TOKENS",
        "TOOL_CALL",
        "ERROR",
        "TIMEOUT",
    }
