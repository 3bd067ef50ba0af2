"""A streamed answer of Gemini's, event by event."""

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Reason
from services.providers.adapters.gemini.errors import BROKEN_OFF, FINISHES
from services.providers.adapters.gemini.replies import ReplyReader
from services.providers.adapters.gemini.stream import GeminiStreamDecoder
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import Event
from tests.unit.providers.gemini.documented import BLOCKED, STREAM, error, quota


def event(*candidates: tuple[int, str, str | None], **fields: Any) -> bytes:
    said = [
        {"index": at, "content": {"parts": [{"text": text}] if text else [], "role": "model"}}
        | ({"finishReason": finish} if finish else {})
        for at, text, finish in candidates
    ]
    return b"data: %b\r\n\r\n" % json.dumps({"candidates": said, **fields}, ensure_ascii=False).encode()


def read(stream: bytes | Iterable[bytes], *, choices: int = 1) -> tuple[list[Frame], VendorFailure | None]:
    """The frames of a stream that ends there, and how it failed."""
    reading, frames = GeminiStreamDecoder(choices=choices, max_event=10_000), list[Frame]()
    try:
        for piece in [stream] if isinstance(stream, bytes) else stream:
            for frame in reading.feed(piece):
                frames.append(frame)
        frames.extend(reading.close())
    except VendorFailure as failure:
        return frames, failure
    return frames, None


def events(frames: list[Frame]) -> list[Event]:
    reader = ReplyReader()
    return [said for frame in frames if frame.data for said in reader.read(frame.data)]


def test_frames_do_not_depend_on_the_byte_that_the_stream_is_split_at() -> None:
    whole, failed = read(STREAM)
    assert failed is None
    for at in range(len(STREAM) + 1):
        assert read([STREAM[:at], STREAM[at:]]) == (whole, None)
    assert read([bytes([byte]) for byte in STREAM]) == (whole, None)
    assert "".join(frame.text for frame in whole) == "grüß dich 🌊"
    assert [frame.finish_reason for frame in whole] == ["", "", "", "tool_calls", ""]
    assert whole[-2].usage == Usage(9, 10, 0, 4)
    assert whole[-1] == Frame(end=True)


@given(st.lists(st.integers(0, 10_000), max_size=6))
def test_events_do_not_depend_on_where_the_stream_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cut % len(STREAM) for cut in cuts), len(STREAM)]
    assert events(read(STREAM[begin:end] for begin, end in pairwise(edges))[0]) == events(read(STREAM)[0])


def test_a_stream_that_ends_before_its_finish_reason_is_cut() -> None:
    # The last line end's last byte is not waited for.
    for length in range(len(STREAM) - 1):
        frames, failed = read(STREAM[:length])
        assert failed is not None, length
        assert failed.reason is Reason.VENDOR_STREAM_CUT
        assert not any(frame.end for frame in frames)


def test_a_stream_without_a_finish_reason_is_cut_though_it_counts_its_tokens() -> None:
    _, failed = read(event((0, "a", None), usageMetadata={"promptTokenCount": 1, "candidatesTokenCount": 1}))
    assert failed is not None
    assert failed.reason is Reason.VENDOR_STREAM_CUT


@pytest.mark.parametrize(
    ("stream", "asked", "ends"),
    [
        (event((0, "a", "STOP")) + event((1, "b", "STOP")), 2, True),
        (event((0, "a", "STOP"), (1, "b", None)), 2, False),
        # What is filtered may leave fewer than were asked for.
        (event((0, "a", "STOP")), 2, True),
        (event((0, "a", "STOP"), (1, "b", None)), 1, False),
        (b"", 1, False),
        (b"data: {}\n\n", 1, False),
        (b": ping\n\n" + event((0, "a", "STOP")), 1, True),
    ],
)
def test_every_candidate_needs_its_finish_reason(stream: bytes, asked: int, *, ends: bool) -> None:
    frames, failed = read(stream, choices=asked)
    assert (failed is None) is ends
    assert any(frame.end for frame in frames) is ends


@pytest.mark.parametrize("said", [*FINISHES, "SOMETHING_NEW"])
def test_a_finish_reason_ends_the_answer(said: str) -> None:
    frames, failed = read(event((0, "a", said)))
    assert failed is None
    assert frames[0].finish_reason == FINISHES.get(said, "stop")


@pytest.mark.parametrize("said", BROKEN_OFF)
def test_a_finish_reason_of_what_is_not_finished_is_a_failure(said: str) -> None:
    frames, failed = read(event((0, "a", None)) + event((0, "", said)))
    assert [frame.text for frame in frames] == ["a"]
    assert failed is not None
    assert failed.reason is BROKEN_OFF[said]


def test_a_blocked_prompt_is_filtered() -> None:
    _, failed = read(b"data: " + BLOCKED + b"\n\n")
    assert failed is not None
    assert (failed.reason, failed.body) == (Reason.CONTENT_FILTERED, BLOCKED)


@pytest.mark.parametrize(
    ("said", "reason", "delay"),
    [
        (error(503, "UNAVAILABLE"), Reason.VENDOR_OVERLOADED, None),
        (quota("PerMinute", "7s"), Reason.VENDOR_RATE_LIMITED, 7.0),
        (b'{"code":500,"status":"INTERNAL","message":"x"}', Reason.VENDOR_ERROR, None),
    ],
)
def test_an_error_in_a_stream_is_its_failure(said: bytes, reason: Reason, delay: float | None) -> None:
    stream = event((0, "a", None)) + b"data: " + said.replace(b"\n", b"") + b"\n\n"
    frames, failed = read(stream)
    assert [frame.text for frame in frames] == ["a"]
    assert failed is not None
    assert (failed.reason, failed.retry_after) == (reason, delay)


@pytest.mark.parametrize(
    "broken",
    [
        b"data: {\n\n",
        b"data: []\n\n",
        b"data: null\n\n",
        b"data: <html>\n\n",
        b'data: {"candidates":5}\n\n',
        b'data: {"candidates":[{"content":{"parts":[{"text":5}]}}]}\n\n',
        b'data: {"x":"\xff"}\n\n',
    ],
)
def test_what_cannot_be_read_is_malformed(broken: bytes) -> None:
    frames, failed = read(event((0, "hi", None)) + broken + event((0, "", "STOP")))
    assert [frame.text for frame in frames] == ["hi"]
    assert failed is not None
    assert failed.reason is Reason.VENDOR_MALFORMED


def test_an_event_that_is_too_large_is_refused() -> None:
    _, failed = read(event((0, "x" * 10_000, None)))
    assert failed is not None
    assert failed.reason is Reason.VENDOR_RESPONSE_TOO_LARGE


def test_what_goes_on_after_its_end_is_left_out_and_its_usage_is_not() -> None:
    more = event((0, "more", None), usageMetadata={"promptTokenCount": 1})
    frames, failed = read(event((0, "a", "STOP")) + more)
    assert failed is None
    assert frames[1:] == [Frame(usage=Usage(1)), Frame(end=True)]
    _, failed = read(event((0, "a", "STOP"), (1, "b", None)) + event((0, "more", None), (1, "b", "STOP")))
    assert failed is not None
    assert failed.reason is Reason.VENDOR_MALFORMED


def test_usage_counts_as_told_with_the_end_only() -> None:
    decoder = GeminiStreamDecoder(choices=1, max_event=10_000)
    first, last = STREAM.split(b"\r\n\r\n")[0], STREAM.split(b"\r\n\r\n")[3]
    (frame,) = decoder.feed(first + b"\r\n\r\n")
    assert frame.usage == Usage(9)
    assert (decoder.complete, decoder.usage_told) == (False, False)
    list(decoder.feed(last + b"\r\n\r\n"))
    assert (decoder.complete, decoder.usage_told, decoder.ended) == (True, True, False)
    list(decoder.close())
    assert decoder.ended


def test_an_event_in_several_lines_is_one_line_for_the_caller() -> None:
    lines = json.dumps(json.loads(event((0, "a", "STOP"))[6:]), indent=1).encode().split(b"\n")
    frames, failed = read(b"".join(b"data: " + line + b"\n" for line in lines) + b"\n")
    assert failed is None
    assert b"\n" not in frames[0].data
    assert frames[0].text == "a"


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\r\n"])
@pytest.mark.parametrize("before", [b"", event((0, "a", None))])
def test_an_error_that_is_no_event_is_told_wherever_it_is_split(before: bytes, end: bytes) -> None:
    """As it breaks into streams: theopenco/llmgateway's pull request 3616, googleapis/python-genai `_api_client.py`."""
    stream = before + error(503, "UNAVAILABLE", "This model is {currently} experiencing high demand.") + end
    for at in range(len(stream) + 1):
        frames, failed = read([stream[:at], stream[at:]])
        assert [frame.text for frame in frames] == (["a"] if before else [])
        assert failed is not None
        assert failed.reason is Reason.VENDOR_OVERLOADED


def test_an_error_after_the_end_takes_nothing_from_the_answer() -> None:
    frames, failed = read(event((0, "a", "STOP")) + error(503, "UNAVAILABLE"))
    assert failed is None
    assert frames[-1] == Frame(end=True)


def test_half_an_error_is_a_cut_stream() -> None:
    _, failed = read(event((0, "a", None)) + error(503, "UNAVAILABLE", "No.")[:-10])
    assert failed is not None
    assert failed.reason is Reason.VENDOR_STREAM_CUT


def test_an_error_that_is_no_event_is_bounded_as_events_are() -> None:
    _, failed = read([b"{\n", *[b'"x"\n'] * 4000])
    assert failed is not None
    assert failed.reason is Reason.VENDOR_RESPONSE_TOO_LARGE
