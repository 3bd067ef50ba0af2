"""A streamed answer, event by event."""

import json
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Reason
from services.providers.adapters.openai.stream import ChatStreamDecoder
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.failure import VendorFailure


def event(*choices: tuple[int, str, str | None], **fields: object) -> bytes:
    said = [{"index": at, "delta": {"content": text}, "finish_reason": finish} for at, text, finish in choices]
    return b"data: %b\n\n" % json.dumps({"choices": said, **fields}, ensure_ascii=False).encode()


USAGE = event(usage={"prompt_tokens": 3, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 1}})
DONE = b"data: [DONE]\n\n"
ANSWER = event((0, "grüß", None)) + event((0, " dich 🌊", None)) + event((0, "", "stop"))


def decoder(*, choices: int = 1, usage_hidden: bool = True) -> ChatStreamDecoder:
    return ChatStreamDecoder(choices=choices, usage_hidden=usage_hidden, max_event=10_000)


def read(stream: bytes | Iterable[bytes], **made: int) -> tuple[list[Frame], Reason | None]:
    """The frames of a stream that ends there, and why it failed."""
    reading, frames = decoder(**made), list[Frame]()  # type: ignore[arg-type]  # each is of its own type
    try:
        for piece in [stream] if isinstance(stream, bytes) else stream:
            for frame in reading.feed(piece):
                frames.append(frame)
        frames.extend(reading.close())
    except VendorFailure as failure:
        return frames, failure.reason
    return frames, None


@given(st.lists(st.integers(0, 10_000), max_size=6))
def test_frames_do_not_depend_on_where_the_stream_is_cut(cuts: list[int]) -> None:
    stream = ANSWER + USAGE + DONE
    edges = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]
    pieces = [stream[begin:end] for begin, end in pairwise(edges)]
    assert read(pieces) == read(stream)
    frames, failed = read(stream)
    assert failed is None
    assert "".join(frame.text for frame in frames) == "grüß dich 🌊"
    assert frames[-2:] == [Frame(usage=Usage(3, 2, 0, 1)), Frame(end=True)]


def test_no_cut_off_stream_ends_in_order_before_its_finish_reason() -> None:
    stream = ANSWER + DONE
    whole = len(ANSWER)
    for length in range(len(stream)):
        frames, failed = read(stream[:length])
        assert (failed is None) is (length >= whole), length
        assert any(frame.end for frame in frames) is (failed is None)


def test_the_usage_chunk_is_passed_on_where_the_caller_asked_for_it() -> None:
    frames, _ = read(ANSWER + USAGE + DONE, usage_hidden=False)
    assert frames[-2].usage == Usage(3, 2, 0, 1)
    assert json.loads(frames[-2].data)["choices"] == []


def test_usage_beside_a_choice_is_read_and_its_chunk_passed_on() -> None:
    frames, _ = read(event((0, "hi", "stop"), usage={"prompt_tokens": 1, "completion_tokens": 1}) + DONE)
    assert frames[0].data
    assert frames[0].usage == Usage(1, 1)


@pytest.mark.parametrize(
    ("stream", "asked", "ends"),
    [
        (event((0, "a", "stop")) + event((1, "b", "stop")), 2, True),
        (event((0, "a", "stop"), (1, "b", None)) + DONE, 2, False),
        (event((0, "a", "stop")), 2, False),
        # A vendor that gives fewer than asked for says with [DONE] that it is over.
        (event((0, "a", "stop")) + DONE, 2, True),
        (event((0, "a", "stop"), (1, "b", None)), 1, False),
    ],
)
def test_every_choice_needs_its_finish_reason(stream: bytes, asked: int, ends: bool) -> None:
    frames, failed = read(stream, choices=asked)
    assert (frames[-1].end, failed) == (ends, None if ends else Reason.VENDOR_STREAM_CUT)


@pytest.mark.parametrize(
    "broken",
    [
        b"data: {\n\n",
        b"data: \xff\n\n",
        b'data: {"choices":[{"delta":{"x":"\xff"}}]}\n\n',
        b"data: []\n\n",
        b"data: nothing\n\n",
    ],
)
def test_what_cannot_be_read_is_malformed(broken: bytes) -> None:
    frames, failed = read(event((0, "hi", None)) + broken + ANSWER)
    assert [frame.text for frame in frames] == ["hi"]
    assert failed is Reason.VENDOR_MALFORMED


def test_nothing_after_the_end_is_read() -> None:
    frames, failed = read(ANSWER + DONE + ANSWER + b"data: {\n\n")
    assert (sum(frame.end for frame in frames), frames[-1].end, failed) == (1, True, None)


def test_content_that_is_no_string_adds_no_text() -> None:
    frames, failed = read(b'data: {"choices":[{"delta":{"content":[{"type":"thinking"}]},"finish_reason":"stop"}]}\n\n')
    assert (frames[0].text, frames[-1].end, failed) == ("", True, None)
