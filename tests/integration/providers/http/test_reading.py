"""Bodies as they are read: whole, in pieces, slowly, compressed, or too large."""

import asyncio
import gzip
import zlib

import pytest

from resilience.errors import Reason
from services.providers.adapters.http.answer import KEPT, MAX_HEAD
from services.providers.adapters.http.inflate import STEP
from services.providers.application.ports import VendorResponse
from services.providers.domain.failure import VendorFailure
from tests.integration.providers.http.here import Here, failure, on_both_loops
from tests.integration.providers.http.keeping_vendor import Served
from tests.stack.eventually import eventually

OPEN = b"HTTP/1.1 200 OK\r\n\r\n"
SOCKETS = 16 * 1024 * 1024
"""Bytes that two kernels' buffers and one packet hold at most."""


def say(here: Here, *pieces: bytes, stay: bool = False) -> None:
    """Have the vendor say these."""

    async def serve(connection: Served) -> None:
        await connection.asked()
        for piece in pieces:
            await connection.say(piece)
            await asyncio.sleep(0)
        if stay:
            await connection.left()

    here.vendor.serve = serve


def packed(encoding: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-encoding: %b\r\ncontent-length: %d\r\n\r\n%b" % (encoding, len(body), body)


async def reason_of(response: VendorResponse, limit: int) -> Reason:
    with pytest.raises(VendorFailure) as failed:
        await response.read(limit)
    await response.abandon()
    assert failed.value.status == response.status
    return failed.value.reason


@on_both_loops
@pytest.mark.parametrize(
    "head", [OPEN, b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n"], ids=["until close", "length"]
)
async def test_a_body_that_comes_a_byte_at_a_time_is_read_whole(here: Here, head: bytes) -> None:
    say(here, *(bytes([byte]) for byte in head + b"hello, world!"))
    response = await here.http.post(here.vendor.url, (), b"{}")
    assert await response.read(13) == b"hello, world!"


@on_both_loops
async def test_pieces_are_given_as_they_come_and_then_the_end(here: Here) -> None:
    heard = asyncio.Event()

    async def serve(connection: Served) -> None:
        await connection.asked()
        await connection.say(OPEN)
        for number in range(5):
            await connection.say(b"data: %d\n\n" % number)
            await heard.wait()
            heard.clear()

    here.vendor.serve = serve
    response = await here.http.post(here.vendor.url, (), b"{}")
    for number in range(5):
        assert await response.chunk() == b"data: %d\n\n" % number
        heard.set()
    assert [await response.chunk() for _ in range(2)] == [None, None]
    assert response.header("content-type") == ""


@on_both_loops
async def test_a_slow_reader_holds_the_vendor_back_and_gets_all_of_it(here: Here) -> None:
    pieces = [bytes([number % 256]) * 65536 for number in range(1024)]
    sent = 0

    async def serve(connection: Served) -> None:
        nonlocal sent
        await connection.asked()
        await connection.say(OPEN)
        for piece in pieces:
            await connection.say(piece)
            sent += len(piece)

    here.vendor.serve = serve
    response = await here.http.post(here.vendor.url, (), b"{}")
    read = bytearray()
    while (chunk := await response.chunk()) is not None:
        read += chunk
        assert len(chunk) <= 2 * KEPT
        for _ in range(20):
            await asyncio.sleep(0)
        assert sent - len(read) <= SOCKETS
    assert read == b"".join(pieces)


@on_both_loops
@pytest.mark.parametrize("said", ["1000001", "9" * 18])
async def test_a_body_that_is_said_to_be_too_large_is_not_waited_for(here: Here, said: str) -> None:
    say(here, b"HTTP/1.1 200 OK\r\ncontent-length: %b\r\n\r\n{" % said.encode(), stay=True)
    response = await here.http.post(here.vendor.url, (), b"{}")
    assert await reason_of(response, 1_000_000) is Reason.VENDOR_RESPONSE_TOO_LARGE
    await eventually(lambda: here.vendor.open == 0)


@on_both_loops
@pytest.mark.parametrize("whole", [True, False])
async def test_a_body_that_is_too_large_is_not_read_on(here: Here, whole: bool) -> None:
    body = bytes(2_000_000)
    said = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(body), body)
    say(here, said + b"0\r\n\r\n" if whole else said, stay=True)
    response = await here.http.post(here.vendor.url, (), b"{}")
    assert await reason_of(response, 1_000_000) is Reason.VENDOR_RESPONSE_TOO_LARGE
    await eventually(lambda: here.vendor.open == 0)


@on_both_loops
async def test_a_body_of_exactly_the_limit_is_read(here: Here) -> None:
    say(here, OPEN + bytes(1000))
    assert await (await here.http.post(here.vendor.url, (), b"{}")).read(1000) == bytes(1000)
    assert await reason_of(await here.http.post(here.vendor.url, (), b"{}"), 999) is Reason.VENDOR_RESPONSE_TOO_LARGE


@on_both_loops
async def test_of_an_error_that_broke_off_what_came_is_given(here: Here) -> None:
    say(here, b'HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\n{"error"')
    response = await here.http.post(here.vendor.url, (), b"{}")
    assert (response.status, await response.read_some(1000)) == (500, b'{"error"')
    response = await here.http.post(here.vendor.url, (), b"{}")
    assert await response.read_some(4) == b'{"er'
    await response.abandon()


@on_both_loops
async def test_a_head_without_end_is_left(here: Here) -> None:
    say(here, b"HTTP/1.1 200 OK\r\n", *[b"x-%d: %b\r\n" % (number, b"y" * 1000) for number in range(MAX_HEAD)])
    assert (await failure(here.http, here.vendor.url)).reason is Reason.VENDOR_CONNECTION_LOST
    await eventually(lambda: here.vendor.open == 0)


@on_both_loops
@pytest.mark.parametrize(
    "said", [b"garbage", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}}", OPEN[:-2]]
)
async def test_what_is_no_answer_is_a_connection_that_was_lost_and_asked_for_once(here: Here, said: bytes) -> None:
    say(here, said)
    failed = await failure(here.http, here.vendor.url)
    assert (failed.reason, failed.status) == (Reason.VENDOR_CONNECTION_LOST, 0)
    assert [len(one.requests) for one in here.vendor.connections] == [1]


@on_both_loops
@pytest.mark.parametrize(("encoding", "pack"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress)])
async def test_what_a_vendor_compresses_unasked_is_read_and_its_connection_serves_on(
    here: Here, encoding: bytes, pack: object
) -> None:
    assert callable(pack)

    async def serve(connection: Served) -> None:
        while True:
            await connection.say(packed(encoding, pack(await connection.asked())))

    here.vendor.serve = serve
    for body in (b"1", bytes(100_000)):
        response = await here.http.post(here.vendor.url, (), body)
        assert await response.read(100_000) == body
        await response.abandon()
    assert len(here.vendor.connections) == 1
    assert b"accept-encoding: identity" in here.vendor.connections[0].requests[0]


@on_both_loops
@pytest.mark.parametrize(
    "said",
    [packed(b"br", b"{}"), packed(b"gzip", b"{}"), packed(b"gzip", gzip.compress(b"{}")[:-1])],
    ids=["unknown", "none", "cut off"],
)
async def test_a_body_that_cannot_be_decompressed_is_malformed(here: Here, said: bytes) -> None:
    say(here, said)
    response = await here.http.post(here.vendor.url, (), b"{}")
    assert await reason_of(response, 1000) is Reason.VENDOR_MALFORMED


@on_both_loops
async def test_a_little_that_makes_very_much_is_not_unpacked_beyond_the_limit(here: Here) -> None:
    say(here, packed(b"gzip", gzip.compress(bytes(200_000_000), 1)))
    assert await reason_of(await here.http.post(here.vendor.url, (), b"{}"), 1000) is Reason.VENDOR_RESPONSE_TOO_LARGE
    response = await here.http.post(here.vendor.url, (), b"{}")
    first = await response.chunk()
    assert first is not None
    assert 0 < len(first) <= STEP
    await response.abandon()
