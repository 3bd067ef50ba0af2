"""Gemini's whole answers, and what they and streams say as replies."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from resilience.errors import Reason
from services.providers.adapters.gemini.dialect import GeminiDialect
from services.providers.adapters.gemini.errors import BROKEN_OFF
from services.providers.adapters.gemini.grammar import GeminiGrammar
from services.providers.adapters.vendors import known_vendors
from services.providers.domain.answer import Answer, Usage
from services.providers.domain.conversation import Citation, Media, Reasoning, Text, ToolCall
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    Choice,
    CitationAdded,
    Finish,
    Finished,
    MediaAdded,
    ReasoningAdded,
    Reply,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)
from tests.unit.providers.gemini.documented import ANSWER, BLOCKED, CALLS, STREAM, error
from tests.unit.providers.reading import ANY, answered

DIALECT, GRAMMAR = GeminiDialect(max_event=10_000), GeminiGrammar()


def body(*parts: dict[str, Any], **candidate: Any) -> bytes:
    said = {"content": {"parts": parts, "role": "model"}, "finishReason": "STOP"} | candidate
    return json.dumps({"candidates": [said], "responseId": "r"}).encode()


def only(answer: bytes) -> Choice:
    (choice,) = GRAMMAR.read_answer(answer).choices
    return choice


def test_an_answer_passes_with_its_finish_reason_and_usage() -> None:
    assert DIALECT.answer(ANY, ANSWER, "id") == Answer(ANSWER, "stop", Usage(10, 11, 5, 4), "id")


def test_the_id_in_an_answer_is_the_requests_where_no_header_tells_one() -> None:
    assert DIALECT.answer(ANY, ANSWER, "").vendor_request_id == "fhhAaM_aGZ-Jz7IPzJ6AqQc"
    vendor = known_vendors(max_event=10_000, now=lambda: datetime.now(UTC))["gemini"]
    assert answered(vendor.spoken_to(CallerDialect.OPENAI_CHAT), ANSWER).vendor_request_id == "fhhAaM_aGZ-Jz7IPzJ6AqQc"


def test_an_answer_is_read() -> None:
    choice = Choice((Text("AI works by learning from data."),), Finish("stop"))
    assert GRAMMAR.read_answer(ANSWER) == Reply(
        "fhhAaM_aGZ-Jz7IPzJ6AqQc", "gemini-2.5-flash", (choice,), Usage(10, 11, 5, 4)
    )


def test_calls_get_ids_of_ours_and_keep_signatures_and_order() -> None:
    assert DIALECT.answer(ANY, CALLS, "").finish_reason == "tool_calls"
    assert only(CALLS).parts == (
        Reasoning("I need the weather in both."),
        ToolCall(
            "gemini_xRS0aZC5BNHVz7IPuaO42Qk_0_0",
            "get_weather",
            '{"location":"Z\\u00fcrich"}',
            signature="gemini-call:Q2lR",
        ),
        ToolCall("gemini_xRS0aZC5BNHVz7IPuaO42Qk_0_1", "get_weather", '{"location":"Bern"}'),
    )
    assert only(CALLS).finish == Finish("tool_calls")


def test_the_ids_that_are_made_fit_the_strictest_vendor() -> None:
    said = json.loads(CALLS) | {"responseId": "ü/+" + "x" * 99}
    ids = [part.id for part in only(json.dumps(said).encode()).parts if isinstance(part, ToolCall)]
    assert len(set(ids)) == 2
    assert all(len(made) <= 40 and made.isascii() and "/" not in made for made in ids)


def test_an_id_of_the_vendors_stays() -> None:
    (call,) = only(body({"functionCall": {"name": "f", "id": "gp737npz"}})).parts
    assert call == ToolCall("gp737npz", "f", "{}")


def test_an_id_of_the_vendors_stays_in_a_stream() -> None:
    said = list(GRAMMAR.reader().read(body({"functionCall": {"name": "f", "id": "gp737npz"}})))
    assert ToolCallBegan(0, "gp737npz", "f") in said


def test_an_end_that_is_told_twice_ends_once() -> None:
    reader, end = GRAMMAR.reader(), body()
    said = [*reader.read(body({"text": "a"})), *reader.read(end)]
    assert said.count(Finished(Finish("stop"))) == 1


def test_media_thoughts_and_signatures_are_read() -> None:
    assert only(
        body(
            {"text": "hm", "thought": True, "thoughtSignature": "YQ=="},
            {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
            {"text": "so", "thoughtSignature": "Yg=="},
            {"fileData": {"mimeType": "video/mp4", "fileUri": "https://x/y"}},
        )
    ).parts == (
        Reasoning("hm", "gemini:YQ=="),
        Media("image", "image/png", "AAAA"),
        Text("so"),
        Reasoning(signature="gemini:Yg=="),
        Media("document", "video/mp4", url="https://x/y"),
    )


@pytest.mark.parametrize("sources", ["citationSources", "citations"])
def test_citations_are_read(sources: str) -> None:
    cited = body(
        {"text": "so"},
        citationMetadata={sources: [{"startIndex": 0, "endIndex": 2, "uri": "https://x", "license": ""}]},
    )
    assert only(cited).parts == (Text("so", citations=(Citation(url="https://x", start=0, end=2),)),)
    assert CitationAdded(Citation(url="https://x", start=0, end=2)) in GRAMMAR.reader().read(cited)


def test_logprobs_are_as_openai_writes_them() -> None:
    likely = {
        "chosenCandidates": [{"token": "é", "logProbability": -0.5, "tokenId": 7}],
        "topCandidates": [{"candidates": [{"token": "e", "logProbability": -0.1}]}],
    }
    answer = body({"text": "é"}, logprobsResult=likely)
    expected = {
        "content": [
            {
                "token": "é",
                "logprob": -0.5,
                "bytes": [195, 169],
                "top_logprobs": [{"token": "e", "logprob": -0.1, "bytes": [101]}],
            }
        ],
        "refusal": None,
    }
    assert json.loads(bytes(only(answer).logprobs)) == expected
    texts = [said for said in GRAMMAR.reader().read(answer) if isinstance(said, TextAdded)]
    assert [json.loads(bytes(said.logprobs)) for said in texts] == [expected]


def test_a_filtered_answer_tells_the_vendors_own_word() -> None:
    answer = b'{"candidates":[{"finishReason":"SAFETY","index":0}]}'
    assert DIALECT.answer(ANY, answer, "").finish_reason == "content_filter"
    assert only(answer) == Choice((), Finish("content_filter", said="SAFETY"))


def test_a_stream_is_read_in_order() -> None:
    reader = GRAMMAR.reader()
    said = [event for data in STREAM.decode().split("\r\n\r\n")[:-1] for event in reader.read(data[6:].encode())]
    assert said == [
        Began("r1", "gemini-3-flash-preview", Usage(9)),
        ReasoningAdded("First, "),
        TextAdded("grüß"),
        TextAdded(" dich 🌊"),
        ToolCallBegan(0, "gemini_r1_0_0", "f", signature="gemini-call:c2ln"),
        ArgumentsAdded(0, '{"a":1}'),
        ReasoningAdded(signature="gemini:ZW5k"),
        Finished(Finish("tool_calls")),
        UsageTold(Usage(9, 10, 0, 4)),
    ]


def test_a_streams_media_are_told() -> None:
    assert MediaAdded(Media("audio", "audio/wav", "AAAA")) in GRAMMAR.reader().read(
        body({"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}})
    )


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (BLOCKED, Reason.CONTENT_FILTERED),
        (b"{}", Reason.VENDOR_MALFORMED),
        (b'{"candidates":[]}', Reason.VENDOR_MALFORMED),
        (b'{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}', Reason.VENDOR_STREAM_CUT),
        (b"<html>", Reason.VENDOR_MALFORMED),
        (b'{"candidates":[{"finishReason":"STOP"}],"x":"\xff"}', Reason.VENDOR_MALFORMED),
        (b"[" * 100_000, Reason.VENDOR_MALFORMED),
        (error(429, "RESOURCE_EXHAUSTED"), Reason.VENDOR_RATE_LIMITED),
        *(({"candidates": [{"finishReason": said}]}, reason) for said, reason in BROKEN_OFF.items()),
    ],
)
def test_what_is_no_answer_is_a_failure(answer: bytes | dict[str, Any], reason: Reason) -> None:
    with pytest.raises(VendorFailure) as told:
        DIALECT.answer(ANY, answer if isinstance(answer, bytes) else json.dumps(answer).encode(), "")
    assert told.value.reason is reason
