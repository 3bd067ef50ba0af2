"""Responses of OpenAI itself: bytes pass, and nothing that is no whole response passes for one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Reason
from services.providers.adapters.openai.responses.dialect import OpenAIResponsesDialect
from services.providers.application.ports import VendorRequest
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from services.providers.domain.losses import Unsupported
from services.providers.domain.reply import Began, Finish, Finished, TextAdded, UsageTold
from tests.unit.providers.reading import ANY
from tests.unit.providers.responses.world import streamed

DIALECT = OpenAIResponsesDialect(max_event=100_000)
USAGE = Usage(10, 5, 4, 3, 2)
EVENTS = [
    json.dumps(event, ensure_ascii=False).encode()
    for event in streamed(Began("", "m"), TextAdded("Hél"), TextAdded("lo"), UsageTold(USAGE), Finished(Finish("stop")))
]
ENCRYPTED = "reasoning.encrypted_content"


def sse(events: list[bytes]) -> bytes:
    return b"".join(b"event: x\ndata: " + event + b"\n\n" for event in events)


def sent(model: str = "gpt-4o", *, stream: bool = False, **fields: Any) -> tuple[dict[str, Any], VendorRequest]:
    body = json.dumps({"model": "chat", "input": "Hi", **fields}).encode()
    envelope = Envelope(
        "r", 1, "acme", "gpt", model, body, "", None, "", CallerDialect.OPENAI_RESPONSES, Unsupported.AUTO
    )
    request = DIALECT.request(envelope, stream=stream)
    return json.loads(request.body), request


def response(**fields: Any) -> bytes:
    return json.dumps({"id": "resp_1", "object": "response", "status": "completed", "output": [], **fields}).encode()


def decoded(data: bytes, *cuts: int) -> list[Frame]:
    decoder = DIALECT.decoder(VendorRequest("/responses", b""))
    frames: list[Frame] = []
    begin = 0
    for end in [*sorted(cuts), len(data)]:
        frames += decoder.feed(data[begin:end])
        begin = end
    return [*frames, *decoder.close()]


def test_the_model_is_renamed_and_nothing_is_kept_there() -> None:
    body, request = sent(brand_new={"a": [1.0]}, input=[{"type": "brand_new"}])
    assert body == {"model": "gpt-4o", "input": [{"type": "brand_new"}], "brand_new": {"a": [1.0]}, "store": False}
    assert (request.path, request.dropped) == ("/responses", ())
    assert sent(stream=True)[0]["stream"] is True
    assert sent(stream=False)[0].get("stream") is None


@pytest.mark.parametrize(
    ("model", "reasons"),
    [
        ("gpt-5", True),
        ("gpt-5.1-codex", True),
        ("o3-mini", True),
        ("gpt-4o", False),
        ("gpt-5-chat-latest", False),
        ("gpt-5.2-chat-latest", False),
        ("gpt-4.1", False),
    ],
)
def test_a_reasoning_model_s_thoughts_are_asked_for_where_the_response_is_kept(model: str, reasons: bool) -> None:
    assert sent(model)[0].get("include") == ([ENCRYPTED] if reasons else None)
    assert sent(model, include=["a"])[0].get("include") == (["a", ENCRYPTED] if reasons else ["a"])
    assert "include" not in sent(model, store=False)[0]


def test_only_thoughts_that_openai_encrypted_are_shown_to_it() -> None:
    thoughts = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "seawall:signed:abc"},
        {"type": "reasoning", "id": "rs_3", "summary": []},
    ]
    body, request = sent(input=[*thoughts, {"role": "user", "content": "Hi"}])
    assert [item.get("id") for item in body["input"]] == ["rs_1", None]
    assert request.dropped == ("input.reasoning",)


def test_a_whole_response_passes_with_what_it_used() -> None:
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 15,
    }
    body = response(usage=usage, output=[{"type": "message"}])
    answer = DIALECT.answer(ANY, body, "req_1")
    assert (answer.body, answer.finish_reason, answer.usage, answer.vendor_request_id) == (body, "stop", USAGE, "req_1")
    assert DIALECT.answer(ANY, response(output=[{"type": "function_call"}]), "").finish_reason == "tool_calls"


@pytest.mark.parametrize(("why", "reason"), [("max_output_tokens", "length"), ("content_filter", "content_filter")])
def test_an_incomplete_response_says_why(why: str, reason: str) -> None:
    body = response(status="incomplete", incomplete_details={"reason": why})
    assert DIALECT.answer(ANY, body, "").finish_reason == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (response(status="failed", error={"code": "server_error", "message": "m"}), Reason.VENDOR_ERROR),
        (response(status="failed", error={"code": "rate_limit_exceeded", "message": "m"}), Reason.VENDOR_RATE_LIMITED),
        (response(status="failed", error={"code": "invalid_prompt", "message": "m"}), Reason.VENDOR_REJECTED),
        (response(status="in_progress"), Reason.VENDOR_STREAM_CUT),
        (response(status="cancelled"), Reason.VENDOR_STREAM_CUT),
        (response(status=None), Reason.VENDOR_MALFORMED),
        (response(output=None), Reason.VENDOR_MALFORMED),
        (b"<html>", Reason.VENDOR_MALFORMED),
        (b'{"status":"completed","output":[],"x":"\xff"}', Reason.VENDOR_MALFORMED),
    ],
)
def test_what_is_no_response_is_a_failure(body: bytes, reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        DIALECT.answer(ANY, body, "")
    assert failed.value.reason is reason


@given(st.lists(st.integers(0, len(sse(EVENTS))), max_size=20))
def test_events_pass_byte_for_byte_wherever_they_are_split(cuts: list[int]) -> None:
    frames = decoded(sse(EVENTS), *cuts)
    assert [frame.data for frame in frames if frame.data] == EVENTS
    assert "".join(frame.text for frame in frames) == "Héllo"
    assert (frames[-2].finish_reason, frames[-2].usage) == ("stop", USAGE)
    assert [frame.end for frame in frames] == [False] * (len(frames) - 1) + [True]


@pytest.mark.parametrize("kept", range(len(EVENTS)))
def test_a_stream_without_its_last_event_broke_off(kept: int) -> None:
    for end in (b"", b"data: [DONE]\n\n"):
        with pytest.raises(VendorFailure) as failed:
            decoded(sse(EVENTS[:kept]) + end)
        assert failed.value.reason is Reason.VENDOR_STREAM_CUT


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "error", "code": "server_error", "message": "m", "param": None}, Reason.VENDOR_ERROR),
        ({"type": "error", "code": "context_length_exceeded", "message": "m"}, Reason.CONTEXT_LENGTH_EXCEEDED),
        ({"type": "error", "error": {"code": "rate_limit_exceeded"}}, Reason.VENDOR_RATE_LIMITED),
        ({"error": {"code": "insufficient_quota", "message": "m"}}, Reason.VENDOR_QUOTA_EXHAUSTED),
        (
            {
                "type": "response.failed",
                "response": {"status": "failed", "output": [], "error": {"code": "server_error"}},
            },
            Reason.VENDOR_ERROR,
        ),
        ({"type": "response.completed"}, Reason.VENDOR_MALFORMED),
    ],
)
def test_a_failure_in_the_stream_is_one(event: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        decoded(sse([*EVENTS[:3], json.dumps(event).encode()]))
    assert failed.value.reason is reason


def test_what_openai_adds_to_its_events_passes() -> None:
    new = b'{"type":"response.brand_new","sequence_number":9}'
    assert new in [frame.data for frame in decoded(sse([*EVENTS[:3], new, *EVENTS[3:]]))]
