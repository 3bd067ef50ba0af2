"""A vendor's dialect as callers of another meet it; here both are OpenAI's, which can say everything twice."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from resilience.errors import Failure, Reason
from services.providers.adapters.openai.dialect import OpenAIDialect
from services.providers.adapters.openai.means import COMPATIBLE
from services.providers.application.ports import StreamDecoder
from services.providers.application.translated import Translated
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from services.providers.domain.losses import Unsupported
from tests.unit.providers.openai.world import grammar
from tests.unit.providers.reading import answered

USAGE = {"prompt_tokens": 3, "completion_tokens": 2}
CHUNKS: list[dict[str, Any]] = [
    {"index": 0, "delta": {"role": "assistant", "content": ""}},
    {"index": 0, "delta": {"reasoning": "Hm"}},
    {"index": 0, "delta": {"content": "Grüß "}},
    {"index": 0, "delta": {"content": "Gott"}},
    {"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "look", "arguments": "{}"}}]}},
    {"index": 0, "delta": {}, "finish_reason": "stop"},
]


def translated() -> Translated:
    return Translated(grammar(), grammar(COMPATIBLE), OpenAIDialect(max_event=10_000))


def envelope(*, prefix: str = "", unsupported: Unsupported = Unsupported.AUTO, **fields: Any) -> Envelope:
    body = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}], **fields}
    return Envelope("r", 1, "acme", "up", "model", json.dumps(body).encode(), prefix, None, "", unsupported=unsupported)


def stream(*chunks: dict[str, Any], usage: bool = True, done: bool = True) -> bytes:
    said = [{"id": "a", "model": "m", "created": 7, "choices": [chunk]} for chunk in chunks]
    said += [{"id": "a", "choices": [], "usage": USAGE}] * usage
    events = [json.dumps(one, ensure_ascii=False) for one in said] + ["[DONE]"] * done
    return "".join(f"data: {event}\n\n" for event in events).encode()


def decoder(asked: Envelope | None = None) -> StreamDecoder:
    dialect = translated()
    return dialect.decoder(dialect.request(asked or envelope(), stream=True))


def frames(decoder: StreamDecoder, pieces: Iterable[bytes]) -> list[Frame]:
    read = [frame for piece in pieces for frame in decoder.feed(piece)]
    return [*read, *decoder.close()]


def said(read: list[Frame]) -> Iterator[dict[str, Any]]:
    return (json.loads(frame.data) for frame in read if frame.data)


def test_what_is_asked_is_written_in_the_vendors_words() -> None:
    request = translated().request(envelope(max_completion_tokens=5, n=2, prefix="It is"), stream=True)
    body = json.loads(request.body)
    assert (body["model"], body["max_tokens"], request.choices) == ("model", 5, 2)
    assert body["messages"][-1] == {"role": "assistant", "content": "It is"}
    assert request.dropped == ()
    assert request.usage_hidden


def test_a_vendor_that_does_not_tell_its_model_is_called_by_the_name_it_was_asked_by() -> None:
    read = frames(decoder(), [stream(*CHUNKS).replace(b'"model": "m", ', b"")])
    assert {one["model"] for one in said(read)} == {"model"}
    whole = {"id": "a", "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
    assert json.loads(answered(translated(), json.dumps(whole).encode()).body)["model"] == "model"


def test_what_is_left_out_is_told_with_the_request() -> None:
    assert translated().request(envelope(top_k=4, metadata={}, store=True), stream=False).dropped == (
        "metadata",
        "store",
        "top_k",
    )


@pytest.mark.parametrize(
    ("fields", "policy", "param"),
    [
        ({"metadata": {}}, Unsupported.ERROR, "metadata"),
        ({"top_k": 4}, Unsupported.ERROR, "top_k"),
        ({"web_search_options": {}}, Unsupported.AUTO, "web_search_options"),
    ],
)
def test_what_may_not_be_left_out_is_an_error(fields: dict[str, Any], policy: Unsupported, param: str) -> None:
    with pytest.raises(Failure) as refused:
        translated().request(envelope(unsupported=policy, **fields), stream=False)
    assert (refused.value.reason, refused.value.detail) == (Reason.UNSUPPORTED_BY_TARGET, {"param": param})
    assert "up/model" in str(refused.value)


def test_what_has_no_place_is_left_out_where_the_route_says_so() -> None:
    request = translated().request(envelope(web_search_options={}, unsupported=Unsupported.DROP), stream=False)
    assert request.dropped == ("web_search_options",)


def test_a_request_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Failure) as refused:
        translated().request(envelope(temperature="hot"), stream=False)
    assert (refused.value.reason, refused.value.detail) == (Reason.INVALID_REQUEST, {"param": "temperature"})


def test_a_whole_answer_is_written_in_the_callers_words() -> None:
    choice = {"message": {"role": "assistant", "content": "Hi", "reasoning": "Hm"}, "finish_reason": "eos"}
    body = json.dumps({"id": "a", "model": "m", "choices": [choice], "usage": USAGE}).encode()
    answer = answered(translated(), body, "vendor-1")
    message = json.loads(answer.body)["choices"][0]
    assert (message["message"]["content"], message["message"]["reasoning_content"]) == ("Hi", "Hm")
    assert (message["finish_reason"], answer.usage, answer.vendor_request_id) == ("stop", Usage(3, 2), "vendor-1")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error":{"code":"rate_limit_exceeded"}}', Reason.VENDOR_RATE_LIMITED),
        (b'{"choices":[{"message":{"content":"Hi"}}]}', Reason.VENDOR_STREAM_CUT),
        (b'{"choices":[{"message":{"content":{}},"finish_reason":"stop"}]}', Reason.VENDOR_MALFORMED),
    ],
)
def test_an_answer_that_is_none_fails_as_the_vendors_own_dialect_says(body: bytes, reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        answered(translated(), body)
    assert failed.value.reason is reason


def test_headers_and_errors_are_the_vendors() -> None:
    dialect, own = translated(), OpenAIDialect(max_event=1)
    assert dialect.authenticate("key", "", b"") == own.authenticate("key", "", b"") != ()
    assert dialect.reason(429, b"", lambda _: "") is Reason.VENDOR_RATE_LIMITED


def test_a_stream_is_written_in_the_callers_words() -> None:
    wanted = envelope(stream=True, stream_options={"include_usage": True})
    read = frames(decoder(wanted), [stream(*CHUNKS)])
    chunks = list(said(read))
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    begun = {"id": "c", "type": "function", "function": {"name": "look", "arguments": ""}}
    assert deltas == [
        {"role": "assistant", "content": "", "refusal": None},
        {"reasoning_content": "Hm"},
        {"content": "Grüß "},
        {"content": "Gott"},
        {"tool_calls": [{"index": 0, **begun}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
        {},
    ]
    assert chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunks[-1]["usage"]["total_tokens"] == 5
    assert "".join(frame.text for frame in read) == "Grüß Gott"
    assert [frame.finish_reason for frame in read if frame.finish_reason] == ["tool_calls"]
    assert [frame.usage for frame in read if frame.usage] == [Usage(3, 2)]
    assert read[-1] == Frame(end=True)


def test_usage_that_the_caller_does_not_want_is_told_to_the_gateway_alone() -> None:
    reading = decoder(envelope(stream=True))
    read = frames(reading, [stream(*CHUNKS)])
    assert all("usage" not in chunk for chunk in said(read))
    assert [frame.usage for frame in read if frame.usage] == [Usage(3, 2)]
    assert reading.usage_told


def test_the_first_frame_tells_what_was_dropped() -> None:
    read = frames(decoder(envelope(metadata={"a": "b"})), [stream(*CHUNKS)])
    assert [frame.dropped for frame in read if frame.dropped] == [("metadata",)]
    assert read[0].dropped


def test_a_stream_is_complete_and_ended_when_the_vendors_is() -> None:
    reading = decoder()
    list(reading.feed(stream(*CHUNKS[:-1], usage=False, done=False)))
    assert (reading.complete, reading.ended) == (False, False)
    list(reading.feed(stream(CHUNKS[-1], usage=False, done=False)))
    assert (reading.complete, reading.ended, reading.usage_told) == (True, False, False)
    list(reading.feed(stream()))
    assert (reading.complete, reading.ended, reading.usage_told) == (True, True, True)
    assert list(reading.close()) == []


def test_a_stream_that_breaks_off_fails_after_what_it_said() -> None:
    reading = decoder()
    read = list(reading.feed(stream(*CHUNKS[:4], usage=False, done=False)))
    assert "".join(frame.text for frame in read) == "Grüß Gott"
    with pytest.raises(VendorFailure) as failed:
        list(reading.close())
    assert failed.value.reason is Reason.VENDOR_STREAM_CUT


def test_what_a_chunk_says_wrongly_is_the_vendors_fault() -> None:
    with pytest.raises(VendorFailure) as failed:
        list(decoder().feed(stream({"index": 0, "delta": {"refusal": 3}})))
    assert failed.value.reason is Reason.VENDOR_MALFORMED
