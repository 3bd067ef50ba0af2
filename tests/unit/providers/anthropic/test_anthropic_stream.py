"""A streamed answer of Anthropic's, event by event."""

import json
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Reason
from services.providers.adapters.anthropic.stream import MessageStreamDecoder
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.failure import VendorFailure


def event(kind: str, **fields: object) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def delta(text: str, index: int = 0) -> bytes:
    return event("content_block_delta", index=index, delta={"type": "text_delta", "text": text})


MESSAGE: dict[str, object] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [],
    "stop_reason": None,
}
START = event(
    "message_start",
    message={
        **MESSAGE,
        "usage": {
            "input_tokens": 10,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 1000,
            "output_tokens": 1,
        },
    },
)
BLOCK = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
PING = event("ping")
TEXT = delta("grüß") + delta(" dich 🌊")
BLOCK_STOP = event("content_block_stop", index=0)
FINISH = event(
    "message_delta",
    delta={"stop_reason": "end_turn", "stop_sequence": None},
    usage={"output_tokens": 7, "output_tokens_details": {"thinking_tokens": 3}},
)
STOP = event("message_stop")
ANSWER = START + PING + BLOCK + TEXT + BLOCK_STOP + FINISH + STOP
OVERLOADED = event("error", error={"type": "overloaded_error", "message": "Overloaded"})


def read(stream: bytes | Iterable[bytes]) -> tuple[list[Frame], Reason | None]:
    """The frames of a stream that ends there, and why it failed."""
    reading, frames = MessageStreamDecoder(max_event=10_000), list[Frame]()
    try:
        for piece in [stream] if isinstance(stream, bytes) else stream:
            for frame in reading.feed(piece):
                frames.append(frame)
        frames.extend(reading.close())
    except VendorFailure as failure:
        return frames, failure.reason
    return frames, None


def test_frames_are_the_events_as_the_vendor_wrote_them_without_pings() -> None:
    frames, failed = read(ANSWER)
    assert failed is None
    said = [line.removeprefix(b"data: ") for line in ANSWER.splitlines() if line.startswith(b"data: ")]
    assert [frame.data for frame in frames] == [data for data in said if b'"ping"' not in data] + [b""]
    assert "".join(frame.text for frame in frames) == "grüß dich 🌊"
    assert [frame.finish_reason for frame in frames if frame.finish_reason] == ["stop"]
    assert frames[-1] == Frame(end=True)


def test_usage_counts_the_cache_as_input_and_is_merged() -> None:
    frames, _ = read(ANSWER)
    assert [frame.usage for frame in frames if frame.usage] == [
        Usage(1110, 1, 100, 0, 1000),
        Usage(1110, 7, 100, 3, 1000),
    ]


def test_a_later_count_replaces_the_one_before() -> None:
    counted = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"input_tokens": 20, "output_tokens": 2})
    frames, _ = read(START + counted + STOP)
    assert [frame.usage for frame in frames if frame.usage][-1] == Usage(1120, 2, 100, 0, 1000)


@given(st.lists(st.integers(0, 10_000), max_size=6))
def test_frames_do_not_depend_on_where_the_stream_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cut % len(ANSWER) for cut in cuts), len(ANSWER)]
    assert read([ANSWER[begin:end] for begin, end in pairwise(edges)]) == read(ANSWER)


def test_no_stream_ends_in_order_before_its_stop_reason() -> None:
    whole = len(ANSWER) - len(STOP) - len(b"\n\n")
    for length in range(len(ANSWER)):
        frames, failed = read(ANSWER[:length])
        assert failed is (Reason.VENDOR_STREAM_CUT if length < whole else None), length
        assert any(frame.end for frame in frames) is (failed is None)


def test_an_answer_that_is_cut_after_its_stop_reason_ends_as_if_it_were_not() -> None:
    whole, _ = read(ANSWER)
    for length in range(len(ANSWER) - len(STOP) - len(b"\n\n"), len(ANSWER)):
        frames, failed = read(ANSWER[:length])
        said = [json.loads(frame.data) if frame.data else frame.end for frame in frames]
        assert (failed, said) == (None, [json.loads(frame.data) if frame.data else frame.end for frame in whole])


def test_a_stop_without_its_reason_is_a_cut() -> None:
    assert read(START + BLOCK + TEXT + STOP)[1] is Reason.VENDOR_STREAM_CUT
    nothing = event("message_delta", delta={"stop_reason": None}, usage={"output_tokens": 7})
    assert read(START + BLOCK + TEXT + nothing + STOP)[1] is Reason.VENDOR_STREAM_CUT


@pytest.mark.parametrize(
    ("stop_reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("of tomorrow", "stop"),
    ],
)
def test_a_stop_reason_is_told_in_our_words(stop_reason: str, finish: str) -> None:
    frames, failed = read(START + event("message_delta", delta={"stop_reason": stop_reason}, usage=None) + STOP)
    assert failed is None
    assert [frame.finish_reason for frame in frames if frame.finish_reason] == [finish]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("overloaded_error", Reason.VENDOR_OVERLOADED),
        ("rate_limit_error", Reason.VENDOR_RATE_LIMITED),
        ("api_error", Reason.VENDOR_ERROR),
        ("timeout_error", Reason.VENDOR_TIMEOUT),
        ("never heard of", Reason.VENDOR_ERROR),
    ],
)
def test_an_error_in_the_stream_is_why_it_failed(kind: str, reason: Reason) -> None:
    error = event("error", error={"type": kind, "message": "it broke"})
    for before in (b"", START, START + BLOCK + TEXT, START + BLOCK + TEXT + FINISH):
        assert read(before + error + STOP)[1] is reason
    assert [frame.text for frame in read(START + BLOCK + TEXT + error)[0]][-1] == " dich 🌊"


@pytest.mark.parametrize(
    "broken",
    [
        b"data: {\n\n",
        b"data: \xff\n\n",
        b'data: {"type":"content_block_delta","index":0,"delta":{"type":"x","x":"\xff"}}\n\n',
        b"data: []\n\n",
        b"data: [DONE]\n\n",
        b"data: <html>502 Bad Gateway</html>\n\n",
        b'data: {"no":"type"}\n\n',
        START,
        BLOCK,
        delta("of a block that never began", 5),
        event("message_start"),
    ],
)
def test_what_cannot_be_read_or_put_together_is_malformed(broken: bytes) -> None:
    frames, failed = read(START + BLOCK + delta("hi") + broken + BLOCK_STOP + FINISH + STOP)
    assert failed is Reason.VENDOR_MALFORMED
    assert frames[-1].text == "hi"


@pytest.mark.parametrize("first", [BLOCK, delta("hi"), FINISH])
def test_an_answer_that_has_no_beginning_is_malformed(first: bytes) -> None:
    assert read(first + FINISH + STOP) == ([], Reason.VENDOR_MALFORMED)


def test_an_event_of_an_unknown_kind_is_passed_on() -> None:
    frames, failed = read(START + event("of_tomorrow", secret={"a": 1}) + FINISH + STOP)
    assert failed is None
    assert json.loads(frames[1].data) == {"type": "of_tomorrow", "secret": {"a": 1}}


def test_unknown_blocks_and_deltas_are_passed_on() -> None:
    block = event(
        "content_block_start", index=0, content_block={"type": "web_search_tool_result", "content": [{"a": 1}]}
    )
    more = event("content_block_delta", index=0, delta={"type": "of_tomorrow", "x": [1]})
    frames, failed = read(START + block + more + BLOCK_STOP + FINISH + STOP)
    assert failed is None
    assert json.loads(frames[1].data)["content_block"]["content"] == [{"a": 1}]
    assert json.loads(frames[2].data)["delta"]["x"] == [1]


def test_what_is_added_after_the_stop_reason_is_left_out() -> None:
    frames, failed = read(START + BLOCK + delta("hi") + FINISH + delta("more") + STOP)
    assert (failed, "".join(frame.text for frame in frames)) == (None, "hi")


def test_nothing_after_the_end_is_read() -> None:
    frames, failed = read(ANSWER + ANSWER + OVERLOADED + b"data: {\n\n")
    assert (frames, failed) == read(ANSWER)


def test_its_stop_reason_makes_an_answer_complete() -> None:
    reading = MessageStreamDecoder(max_event=10_000)
    list(reading.feed(START + BLOCK + TEXT))
    assert (reading.complete, reading.ended, reading.usage_told) == (False, False, True)
    list(reading.feed(FINISH))
    assert (reading.complete, reading.ended) == (True, False)
    list(reading.feed(STOP))
    assert (reading.complete, reading.ended) == (True, True)


def test_an_event_of_many_lines_stays_one_line() -> None:
    frames, _ = read(START.replace(b'{"type"', b'{\ndata: "type"', 1) + FINISH + STOP)
    assert b"\n" not in frames[0].data
    assert json.loads(frames[0].data)["type"] == "message_start"
