"""What only a vendor's bytes show: headers, compression, sizes, and streams that end in unusual ways."""

import gzip
import json
import time

import pytest

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from tests.integration.providers.raw_vendor import EVENTS, RawVendor, whole
from tests.integration.providers.service import Client, texts
from tests.stack.eventually import eventually
from tests.unit.providers.broken_streams import PLACES, broken

ANSWER = json.dumps({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}).encode()
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
DONE = b"data: [DONE]\n\n"


def event(content: str = "", finish_reason: str | None = None, **fields: object) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}
    return b"data: %b\n\n" % json.dumps({"choices": [choice], **fields}, ensure_ascii=False).encode()


USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n'


def stream_head(body: bytes, *headers: bytes) -> bytes:
    return EVENTS.removesuffix(b"\r\n") + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


async def test_a_compatible_vendor_may_need_no_key(raw_client: Client, raw: RawVendor) -> None:
    raw.pieces = [whole(ANSWER)]
    assert (await raw_client.call()).answer.body == ANSWER
    head = raw.heads[-1].lower()
    assert b"authorization" not in head
    assert b"content-type: application/json" in head


async def test_a_compressed_answer_is_read(raw_client: Client, raw: RawVendor) -> None:
    raw.pieces = [whole(gzip.compress(ANSWER), b"content-encoding: gzip")]
    assert (await raw_client.call()).answer.body == ANSWER


@pytest.mark.parametrize("step", [1, 7, 10_000])
async def test_a_compressed_stream_is_read(raw_client: Client, raw: RawVendor, step: int) -> None:
    said = gzip.compress(event("grüße ") + event("日本 🌊") + event("", "stop") + USAGE + DONE)
    pieces = [said[at : at + step] for at in range(0, len(said), step)]
    raw.pieces = [EVENTS.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n"), *pieces]
    frames = await raw_client.frames()
    assert (texts(frames), frames[-1]) == ("grüße 日本 🌊", pb.Frame(end=True))


@pytest.mark.parametrize("broken", ["cut", "not gzip"])
async def test_a_compression_that_is_broken_is_no_answer(raw_client: Client, raw: RawVendor, broken: str) -> None:
    whole_stream = event("hi") + event("", "stop") + DONE
    for body, head in ((ANSWER, whole), (whole_stream, stream_head)):
        packed = gzip.compress(body)[: len(gzip.compress(body)) // 2] if broken == "cut" else body
        raw.pieces = [head(packed, b"content-encoding: gzip")]
        if head is whole:
            assert (await raw_client.call()).failure.reason in {
                Reason.VENDOR_CONNECTION_LOST,
                Reason.VENDOR_MALFORMED,
            }
        else:
            frames = await raw_client.frames()
            assert not any(frame.end for frame in frames)
            assert frames[-1].failure.reason in {Reason.VENDOR_STREAM_CUT, Reason.VENDOR_MALFORMED}


@pytest.mark.parametrize(("megabytes", "passes"), [(20, True), (25, False)])
async def test_an_answer_of_twenty_megabytes_passes_and_one_over_the_bound_closes_its_connection(
    client_of_raw: Client, raw: RawVendor, megabytes: int, passes: bool
) -> None:
    text = "a" * (megabytes * 1024 * 1024)
    body = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()
    raw.pieces, raw.stay = [EVENTS.replace(b"text/event-stream", b"application/json") + body], not passes
    response = await client_of_raw.call(within=30.0)
    assert (response.answer.body == body) is passes
    assert response.failure.reason == ("" if passes else Reason.VENDOR_RESPONSE_TOO_LARGE)
    await eventually(lambda: raw.closed == 1)


@pytest.mark.parametrize("compressed", [False, True])
async def test_an_answer_that_is_too_large_is_not_read_on(raw_client: Client, raw: RawVendor, compressed: bool) -> None:
    body = b'{"choices":[{"x":"%b"}]}' % (b"a" * 200_000)
    raw.pieces = [whole(gzip.compress(body), b"content-encoding: gzip") if compressed else whole(body)]
    assert (await raw_client.call()).failure.reason == Reason.VENDOR_RESPONSE_TOO_LARGE


@pytest.mark.parametrize("pieces", [[event("x" * 20_000)], [event("x" * 5_000)] * 30])
async def test_a_stream_that_is_too_large_is_not_read_on(
    raw_client: Client, raw: RawVendor, pieces: list[bytes]
) -> None:
    raw.pieces, raw.stay = [EVENTS, *pieces], True
    frames = await raw_client.frames()
    assert frames[-1].failure.reason == Reason.VENDOR_RESPONSE_TOO_LARGE
    await eventually(lambda: raw.closed == 1)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"choices":[]}', b'{"choices":null}', b"[]", b"<html>", b'{"choices":[{"x":"\xff"}]}']
)
async def test_a_success_that_is_no_answer_is_malformed(raw_client: Client, raw: RawVendor, body: bytes) -> None:
    raw.pieces = [whole(body)]
    assert (await raw_client.call()).failure.reason == Reason.VENDOR_MALFORMED
    assert (await raw_client.frames())[-1].failure.reason == Reason.VENDOR_MALFORMED


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"choices":[{"message":{"content":"hi"},"finish_reason":null}]}', Reason.VENDOR_STREAM_CUT),
        (b'{"choices":[{"message":{"content":"hi"}}]}', Reason.VENDOR_STREAM_CUT),
        (
            b'{"choices":[{"message":{},"finish_reason":"stop"},{"message":{},"finish_reason":null}]}',
            Reason.VENDOR_STREAM_CUT,
        ),
        (b'{"choices":[{"message":{},"finish_reason":"insufficient_system_resource"}]}', Reason.VENDOR_OVERLOADED),
        (b'{"choices":[{"finish_reason":"stop"}]}', Reason.VENDOR_MALFORMED),
        (b'{"error":{"message":"no","code":429}}', Reason.VENDOR_RATE_LIMITED),
        (b'{"object":"error","message":"it broke","code":500}', Reason.VENDOR_ERROR),
    ],
)
async def test_a_success_that_is_a_broken_answer_or_an_error_is_told_as_such(
    raw_client: Client, raw: RawVendor, body: bytes, reason: Reason
) -> None:
    raw.pieces = [whole(body)]
    assert (await raw_client.call()).failure.reason == reason


async def test_a_page_is_no_answer(raw_client: Client, raw: RawVendor) -> None:
    raw.pieces = [whole(b"<html>Service temporarily unavailable</html>", content_type=b"text/html; charset=utf-8")]
    assert (await raw_client.call()).failure.reason == Reason.VENDOR_MALFORMED
    assert [frame.failure.reason for frame in await raw_client.frames()] == [Reason.VENDOR_MALFORMED]


async def test_a_whole_answer_where_a_stream_was_asked_for_is_malformed(raw_client: Client, raw: RawVendor) -> None:
    raw.pieces = [whole(ANSWER)]
    assert [frame.failure.reason for frame in await raw_client.frames()] == [Reason.VENDOR_MALFORMED]


async def test_a_redirect_is_not_followed(raw_client: Client, raw: RawVendor) -> None:
    raw.pieces = [whole(b"", b"location: http://169.254.169.254/", status=b"302 Found")]
    failure = (await raw_client.call()).failure
    assert (failure.reason, failure.vendor_status, len(raw.heads)) == (Reason.VENDOR_ERROR, 302, 1)


@pytest.mark.parametrize("flags", ["00", "01"])
async def test_the_vendor_is_told_of_a_trace_only_where_it_is_recorded(
    raw_client: Client, raw: RawVendor, flags: str
) -> None:
    raw.pieces = [whole(ANSWER)]
    await raw_client.call(traceparent=TRACE + flags)
    assert (TRACE.split("-")[1].encode() in raw.heads[-1]) is (flags == "01")


async def test_a_stream_split_at_every_byte_gives_the_same_text(raw_client: Client, raw: RawVendor) -> None:
    stream = event("grüße ") + b": keep-alive\r\n\r\n" + event("日本 🌊") + event("", "stop") + USAGE + DONE
    raw.pieces = [EVENTS, *(bytes([byte]) for byte in stream)]
    frames = await raw_client.frames()
    assert texts(frames) == "grüße 日本 🌊"
    assert frames[-2] == pb.Frame(usage=pb.Usage(input_tokens=7, output_tokens=3))
    assert frames[-1] == pb.Frame(end=True)


@pytest.mark.parametrize("rest", [[USAGE], []], ids=["with usage", "without"])
async def test_a_finished_stream_that_stays_open_ends_all_the_same(
    raw_client: Client, raw: RawVendor, rest: list[bytes]
) -> None:
    raw.pieces, raw.stay = [EVENTS, event("hi"), event("", "stop"), *rest], True
    began = time.monotonic()
    frames = await raw_client.frames()
    assert frames[-1] == pb.Frame(end=True)
    assert frames[-2].HasField("usage") is bool(rest)
    print(f"ended after {time.monotonic() - began:.2f} s")
    await eventually(lambda: raw.closed == 1)


@pytest.mark.parametrize("more", [event("and more"), b"data: {\n\n", b'data: {"error":{"message":"late"}}\n\n'])
async def test_what_comes_after_the_finish_reason_is_left_out(raw_client: Client, raw: RawVendor, more: bytes) -> None:
    raw.pieces, raw.stay = [EVENTS, event("hi"), event("", "stop"), *[more] * 200], True
    frames = await raw_client.frames()
    assert (texts(frames), frames[-1]) == ("hi", pb.Frame(end=True))
    await eventually(lambda: raw.closed == 1)


async def test_an_answer_that_never_stops_after_its_end_is_left(raw_client: Client, raw: RawVendor) -> None:
    raw.pieces, raw.stay = [EVENTS, event("hi", "stop"), *[event("x" * 1000)] * 10_000], True
    frames = await raw_client.frames()
    assert (texts(frames), frames[-1]) == ("hi", pb.Frame(end=True))
    await eventually(lambda: raw.closed == 1)


@pytest.mark.parametrize("place", PLACES)
async def test_no_broken_stream_is_a_success_over_a_socket_however_it_is_split(
    raw_client: Client, raw: RawVendor, place: str
) -> None:
    for seed in range(120):
        case = broken(seed, place)
        raw.pieces = [EVENTS, *case.pieces]
        frames = await raw_client.frames()
        text = texts(frames)
        assert (text == case.text) if case.whole else case.text.startswith(text), case
        assert [frame.end for frame in frames].count(True) == case.whole, case
        assert bool(frames[-1].failure.reason) is not case.whole, case
        assert frames[-1].end is case.whole, case


@pytest.mark.parametrize(
    ("stream", "ends"),
    [
        (event("hi", "stop"), True),
        (event("hi", "stop") + b"data: [DONE]", True),
        (event("hi") + DONE, False),
        (DONE, False),
        (b"", False),
        (event("hi", "stop")[:-1], False),
        (event("hi", "stop").rstrip(), False),
    ],
)
async def test_only_a_finished_answer_ends_in_order(
    raw_client: Client, raw: RawVendor, stream: bytes, ends: bool
) -> None:
    raw.pieces = [EVENTS, stream]
    last = (await raw_client.frames())[-1]
    assert last.end is ends
    assert last.failure.reason == ("" if ends else Reason.VENDOR_STREAM_CUT)


async def test_every_choice_that_was_asked_for_must_finish(raw_client: Client, raw: RawVendor) -> None:
    raw.pieces = [EVENTS, event("hi", "stop")]
    assert (await raw_client.frames(n=2))[-1].failure.reason == Reason.VENDOR_STREAM_CUT
