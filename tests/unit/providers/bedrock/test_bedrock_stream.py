"""A streamed answer of Bedrock's, frame by frame."""

import json
from base64 import b64encode
from collections.abc import Iterable
from itertools import pairwise

import pytest
from botocore.exceptions import EventStreamError
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Reason
from services.providers.adapters.bedrock.errors import BROKEN_OFF, FINISHES
from services.providers.adapters.bedrock.replies import ReplyReader
from services.providers.adapters.bedrock.stream import ConverseStreamDecoder
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.conversation import Citation, Media
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finish,
    Finished,
    MediaAdded,
    ReasoningAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)
from tests.unit.providers.bedrock.frames import (
    BEGIN,
    END,
    STREAM,
    TALK,
    delta,
    error,
    event,
    exception,
    finish,
    frame,
    start,
    stop,
)
from tests.unit.providers.bedrock.service_model import operation, parse_stream


def read(stream: bytes | Iterable[bytes], *, max_event: int = 10_000) -> tuple[list[Frame], VendorFailure | None]:
    """The frames of a stream that ends there, and how it failed."""
    reading, frames = ConverseStreamDecoder(max_event=max_event), list[Frame]()
    try:
        for piece in [stream] if isinstance(stream, bytes) else stream:
            for one in reading.feed(piece):
                frames.append(one)
        frames.extend(reading.close())
    except VendorFailure as failure:
        return frames, failure
    return frames, None


def events(stream: bytes) -> list[Event]:
    frames, failed = read(stream)
    if failed is not None:
        raise failed
    reader = ReplyReader()
    return [said for one in frames if one.data for said in reader.read(one.data)]


def failure(stream: bytes) -> Reason:
    _, failed = read(stream)
    assert failed is not None
    return failed.reason


def test_frames_do_not_depend_on_the_byte_that_the_stream_is_split_at() -> None:
    whole, failed = read(STREAM)
    assert failed is None
    for at in range(len(STREAM) + 1):
        assert read([STREAM[:at], STREAM[at:]]) == (whole, None)
    assert read([bytes([byte]) for byte in STREAM]) == (whole, None)
    assert "".join(one.text for one in whole) == "grüß dich 🌊"
    assert [one.finish_reason for one in whole if one.finish_reason] == ["tool_calls"]
    assert whole[-2].usage == Usage(35, 7, 10, 0, 20)
    assert whole[-1] == Frame(end=True)


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_frames_do_not_depend_on_how_often_it_is_split(cuts: list[int]) -> None:
    at = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[begin:end] for begin, end in pairwise(at)]) == read(STREAM)


def test_botocore_reads_the_same_events() -> None:
    ours = [json.loads(one.data) for one in read(STREAM)[0] if one.data]
    theirs = parse_stream(STREAM)
    assert [[*one] for one in ours] == [[*one] for one in theirs]
    assert theirs[4]["contentBlockDelta"]["delta"]["text"] == ours[4]["contentBlockDelta"]["delta"]["text"]


def test_the_events_of_an_answer_are_those_of_a_reply() -> None:
    assert events(STREAM) == [
        Began("", ""),
        ReasoningAdded("Hm"),
        ReasoningAdded(signature="c2ln"),
        TextAdded("grüß "),
        TextAdded("dich 🌊"),
        ToolCallBegan(0, "tooluse_1", "look"),
        ArgumentsAdded(0, '{"a":'),
        ArgumentsAdded(0, "1}"),
        ToolCallBegan(1, "tooluse_2", "rest"),
        ArgumentsAdded(1, "{}"),
        Finished(Finish("tool_calls")),
        UsageTold(Usage(35, 7, 10, 0, 20)),
    ]


def test_citations_images_and_secret_thoughts_are_told() -> None:
    place = {"documentPage": {"documentIndex": 1, "start": 2, "end": 3}}
    citation = {"title": "T", "sourceContent": [{"text": "q"}], "location": place}
    pieces = [b64encode(b"1234").decode(), b64encode(b"5").decode()]
    stream = [
        BEGIN,
        delta(0, reasoningContent={"redactedContent": "c2VjcmV0"}),
        stop(0),
        delta(1, text="x"),
        delta(1, citation=citation),
        stop(1),
        start(2, image={"format": "png"}),
        *(delta(2, image={"source": {"bytes": piece}}) for piece in pieces),
        stop(2),
        finish("stop_sequence", additionalModelResponseFields={"stop_sequence": "END"}),
        END,
    ]
    assert parse_stream(b"".join(stream))
    assert events(b"".join(stream))[1:-1] == [
        ReasoningAdded(redacted="c2VjcmV0"),
        TextAdded("x"),
        CitationAdded(Citation("q", "T", "", 1, 2, 3, "pages")),
        MediaAdded(Media("image", "image/png", b64encode(b"12345").decode())),
        Finished(Finish("stop", "END")),
    ]


@pytest.mark.parametrize(
    "stream",
    [
        start(0, toolUse={"toolUseId": "a", "name": "b"}) + delta(0, toolUse={"input": {}}),
        delta(0, image={"source": {"bytes": "a"}}) + delta(0, image={"source": {"bytes": "b"}}) + stop(0),
    ],
)
def test_pieces_that_cannot_be_put_together_are_malformed(stream: bytes) -> None:
    with pytest.raises(VendorFailure) as raised:
        events(BEGIN + stream + finish() + END)
    assert raised.value.reason is Reason.VENDOR_MALFORMED


def test_calls_of_the_vendors_own_tools_are_left_out() -> None:
    own = {"toolUseId": "t", "name": "nova_grounding", "type": "server_tool_use"}
    stream = [
        BEGIN,
        start(0, toolUse=own),
        delta(0, toolUse={"input": "{}"}),
        stop(0),
        delta(1, text="x"),
        finish(),
        END,
    ]
    assert events(b"".join(stream))[1:-2] == [TextAdded("x")]


def test_an_answer_is_over_with_its_usage() -> None:
    reading = ConverseStreamDecoder(max_event=10_000)
    list(reading.feed(b"".join(TALK[:-2])))
    assert (reading.complete, reading.usage_told, reading.ended) == (False, False, False)
    list(reading.feed(TALK[-2]))
    assert (reading.complete, reading.usage_told, reading.ended) == (True, False, False)
    assert list(reading.feed(TALK[-1] + b"garbage"))[-1] == Frame(end=True)
    assert (reading.complete, reading.usage_told, reading.ended) == (True, True, True)
    assert list(reading.close()) == []


def test_an_answer_without_usage_is_whole() -> None:
    frames, failed = read(BEGIN + delta(0, text="x") + finish())
    assert failed is None
    assert frames[-1] == Frame(end=True)


@pytest.mark.parametrize("left", range(len(TALK) - 1))
def test_a_stream_that_ends_before_its_stop_reason_is_cut(left: int) -> None:
    stream = b"".join(TALK[:left])
    assert failure(stream) is Reason.VENDOR_STREAM_CUT
    assert failure(stream + TALK[left][: len(TALK[left]) // 2]) is Reason.VENDOR_STREAM_CUT


@pytest.mark.parametrize(
    ("name", "message", "reason"),
    [
        ("throttlingException", "Too many requests", Reason.VENDOR_RATE_LIMITED),
        ("modelStreamErrorException", "No.", Reason.VENDOR_ERROR),
        ("internalServerException", "No.", Reason.VENDOR_ERROR),
        ("serviceUnavailableException", "No.", Reason.VENDOR_OVERLOADED),
        ("validationException", "No.", Reason.VENDOR_REJECTED),
        ("validationException", "Input is too long for requested model.", Reason.CONTEXT_LENGTH_EXCEEDED),
        ("newerException", "No.", Reason.VENDOR_ERROR),
    ],
)
def test_an_exception_in_a_stream_has_its_reason_and_what_came_before_is_told(
    name: str, message: str, reason: Reason
) -> None:
    stream = BEGIN + delta(0, text="x") + exception(name, message)
    frames, failed = read(stream)
    assert failed is not None
    assert failed.reason is reason
    assert json.loads(failed.body)["message"] == message
    assert "".join(one.text for one in frames) == "x"
    if name != "newerException":
        with pytest.raises(EventStreamError):
            parse_stream(stream)


def test_every_exception_that_a_stream_may_tell_is_one_of_those() -> None:
    members = operation(stream=True).output_shape.members["stream"].members
    told = {name for name, shape in members.items() if shape.metadata.get("exception")}
    for name in told:
        assert failure(BEGIN + exception(name)) is not Reason.VENDOR_MALFORMED


def test_an_error_that_the_service_model_does_not_have_is_told() -> None:
    _, failed = read(BEGIN + error("InternalError", "It broke."))
    assert failed is not None
    assert (failed.reason, failed.body) == (Reason.VENDOR_ERROR, b"It broke.")


@pytest.mark.parametrize("stop_reason", sorted(BROKEN_OFF))
def test_an_answer_that_the_vendor_could_not_read_is_none(stop_reason: str) -> None:
    assert failure(BEGIN + delta(0, text="x") + finish(stop_reason) + END) is Reason.VENDOR_MALFORMED


def test_every_stop_reason_of_the_service_model_is_known() -> None:
    shape = operation(stream=True).output_shape.members["stream"].members["messageStop"].members["stopReason"]
    assert set(shape.enum) == {*FINISHES, *BROKEN_OFF}


def test_a_byte_that_changed_on_the_way_is_noticed() -> None:
    for at in range(len(BEGIN)):
        changed = bytearray(BEGIN)
        changed[at] ^= 1
        reason = failure(bytes(changed) + delta(0, text="x") + finish() + END)
        # Where it changed a length, what is missing may be waited for until it is too much, or the end.
        assert reason in {Reason.VENDOR_MALFORMED, Reason.VENDOR_RESPONSE_TOO_LARGE, Reason.VENDOR_STREAM_CUT}


@given(st.binary(max_size=200))
def test_what_is_no_stream_fails_as_one(garbage: bytes) -> None:
    assert failure(garbage) in {Reason.VENDOR_MALFORMED, Reason.VENDOR_STREAM_CUT}


@given(st.dictionaries(st.text("ab:-type", max_size=5), st.text(max_size=5)), st.binary(max_size=30))
def test_a_frame_of_anything_fails_as_one(headers: dict[str, str], payload: bytes) -> None:
    assert isinstance(failure(frame(headers, payload)), Reason)


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b'{"a":1}x'])
def test_an_event_that_is_no_object_is_malformed_or_says_nothing(payload: bytes) -> None:
    name = {":message-type": "event", ":event-type": "messageStop"}
    assert failure(BEGIN + frame(name, payload)) is Reason.VENDOR_MALFORMED


@pytest.mark.parametrize(
    "stream",
    [
        delta(0, text="x"),
        BEGIN + BEGIN,
        BEGIN + delta(0, toolUse={"input": "{}"}),
        BEGIN + delta(0, text="x") + stop(0) + delta(0, text="y"),
        BEGIN + start(0, toolUse={"toolUseId": "a", "name": "b"}) + start(0, toolUse={"toolUseId": "c", "name": "d"}),
        finish(),
        BEGIN + finish() + finish(),
        frame({":message-type": "event", ":event-type": 'a":{}'}, b"{}"),
    ],
)
def test_events_that_do_not_belong_together_are_malformed(stream: bytes) -> None:
    assert failure(stream + finish() + END) is Reason.VENDOR_MALFORMED


def test_what_is_said_after_the_end_is_left_out() -> None:
    frames, failed = read(BEGIN + delta(0, text="x") + finish() + delta(1, text="y") + END)
    assert failed is None
    assert "".join(one.text for one in frames) == "x"


def test_an_event_of_a_kind_that_is_newer_passes() -> None:
    assert events(BEGIN + event("surprise", a=1) + delta(0, text="x") + finish() + END)[1] == TextAdded("x")


def test_a_frame_larger_than_allowed_is_refused_before_it_is_whole() -> None:
    large = delta(0, text="x" * 2000)
    frames, failed = read(BEGIN + large, max_event=1000)
    assert failed is not None
    assert failed.reason is Reason.VENDOR_RESPONSE_TOO_LARGE
    assert len(frames) == 1
    _, failed = read(BEGIN + large[:1500], max_event=1000)
    assert failed is not None
    assert failed.reason is Reason.VENDOR_RESPONSE_TOO_LARGE
    assert read(b"".join([BEGIN, *[delta(0, text="x")] * 100, finish(), END]), max_event=1000)[1] is None
