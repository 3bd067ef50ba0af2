"""Server-sent events, however they are cut into pieces."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Reason
from services.providers.adapters.sse import SseParser
from services.providers.domain.failure import VendorFailure

LINE_ENDS = [b"\n", b"\r\n", b"\r"]

lines = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A stream, and the data of its events."""
    stream, events = b"", []
    for _ in range(draw(st.integers(0, 6))):
        end = draw(st.sampled_from(LINE_ENDS))
        data = draw(st.lists(lines, min_size=1, max_size=3))
        for line in data:
            if draw(st.booleans()):
                stream += b": a comment" + end + b"event: message" + end + b"id: 7" + end
            stream += b"data: " + line.encode() + end
        stream += end
        events.append("\n".join(data).encode())
    return stream, events


def parse(pieces: list[bytes], max_event: int = 10_000) -> list[bytes]:
    parser = SseParser(max_event=max_event)
    return [event for piece in pieces for event in parser.feed(piece)]


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[begin:end] for begin, end in pairwise(edges)]


@given(streams(), st.lists(st.integers(0, 10_000), max_size=8))
def test_events_do_not_depend_on_where_the_stream_is_cut(stream: tuple[bytes, list[bytes]], cuts: list[int]) -> None:
    text, events = stream
    assert parse([text]) == events
    assert parse(split(text, cuts)) == events
    assert parse([bytes([byte]) for byte in text]) == events


@pytest.mark.parametrize("end", LINE_ENDS)
def test_every_single_cut_gives_the_same_events(end: bytes) -> None:
    stream = end.join(
        ['data: {"a":"é🌊"}'.encode(), b"", b":x", b"data:1", b"data: 2", b"data", b"", b"data: last", b"", b""]
    )
    for cut in range(len(stream) + 1):
        assert parse([stream[:cut], stream[cut:]]) == ['{"a":"é🌊"}'.encode(), b"1\n2\n", b"last"]


def test_an_event_is_given_as_soon_as_a_bare_cr_ends_it() -> None:
    parser = SseParser(max_event=100)
    assert list(parser.feed(b"data: 1\r\r")) == [b"1"]
    assert list(parser.feed(b"\ndata: 2\r\n\r")) == [b"2"]
    assert list(parser.feed(b"\n")) == []


def test_a_byte_order_mark_is_dropped() -> None:
    assert parse([b"\xef", b"\xbb\xbfdata: 1\n\n"]) == [b"1"]


def test_what_has_no_blank_line_after_it_is_not_an_event() -> None:
    parser = SseParser(max_event=100)
    assert list(parser.feed(b"data: 1\ndata: [DO")) == []
    assert parser.rest() == b"1\n[DO"


@pytest.mark.parametrize(
    "stream", [b"data: " + b"x" * 101 + b"\n\n", b"data: " + b"x" * 101, b"data: 0123456789\n" * 11, b"x" * 101]
)
def test_an_event_that_is_too_large_fails(stream: bytes) -> None:
    for pieces in ([stream], [bytes([byte]) for byte in stream]):
        with pytest.raises(VendorFailure) as told:
            parse(pieces, max_event=100)
        assert told.value.reason is Reason.VENDOR_RESPONSE_TOO_LARGE


def test_many_events_that_are_each_small_enough_pass() -> None:
    assert parse([b"data: 0123456789\n\n" * 1000], max_event=20) == [b"0123456789"] * 1000


def test_events_before_a_failure_are_given() -> None:
    parser = SseParser(max_event=20)
    events = parser.feed(b"data: 1\n\ndata: " + b"x" * 30 + b"\n\n")
    assert next(events) == b"1"
    with pytest.raises(VendorFailure):
        next(events)
