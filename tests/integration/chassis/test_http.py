"""The HTTP server against callers that do not behave."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from chassis.health import Health
from chassis.http import HttpServer
from chassis.pages import pages
from tests.integration.chassis.wire import FAST, connect, say, serve

READY = b"GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    health = Health()
    health.started()
    async with serve(pages(health), limits=FAST) as server:
        yield server


async def ask(server: HttpServer, request: bytes) -> bytes:
    return await say(server, request.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))


@pytest.mark.parametrize(
    "request_bytes",
    [b"", b"GET /health/ready HTTP/1.1\r\nhost: x\r\nx-half", READY + b"GET /health/re"],
    ids=["nothing", "half the headers", "half of a second request"],
)
async def test_who_does_not_finish_the_headers_is_cut_off(server: HttpServer, request_bytes: bytes) -> None:
    answer = await say(server, request_bytes)
    assert answer.endswith(b"The request's headers did not arrive in time.")
    assert b" 200 OK" in await ask(server, READY)


async def test_who_drips_the_headers_gains_no_time(server: HttpServer) -> None:
    async with connect(server) as wire:
        await wire.send(b"GET /health/ready HTTP/1.1\r\n")
        ended = asyncio.create_task(wire.rest())
        while not ended.done():
            await wire.send(b"x: y\r\n")
            await asyncio.sleep(0.02)
        assert (await ended).startswith(b"HTTP/1.1 400")


async def test_who_asks_nothing_more_is_hung_up_on_without_a_word(server: HttpServer) -> None:
    answer = await say(server, READY)
    assert answer.count(b"HTTP/1.1") == 1
    assert answer.endswith(b"}")


@pytest.mark.parametrize(
    "flood",
    [
        b"GET /health/ready HTTP/1.1\r\nhost: x\r\n"
        + b"".join(b"x-%d: %s\r\n" % (n, b"y" * 1000) for n in range(100))
        + b"\r\n",
        b"GET /health/ready HTTP/1.1\r\nhost: " + b"x" * 100_000,
        b"GET /" + b"x" * 100_000,
        b"\r\n" * 50_000,
        b"POST /health/ready HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1;" + b"x" * 1_000_000,
        b"POST /health/ready HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 100_000,
    ],
    ids=["headers", "one header", "target", "nothing", "chunk's extension", "trailers"],
)
async def test_a_flood_of_what_is_no_body_is_not_read_on(flood: bytes) -> None:
    async with serve(pages(Health())) as server, connect(server) as wire:
        wire.writer.write(flood)
        with contextlib.suppress(ConnectionResetError):  # it may come before the answer, while one still sends
            assert (await wire.rest()).startswith(b"HTTP/1.1 400")
        assert b"HTTP/1.1 503" in await ask(server, READY)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/health/live", b"200"),
        (b"/health/liveness", b"200"),
        (b"/health/ready", b"200"),
        (b"/health/readiness", b"200"),
        (b"/metrics", b"200"),
        (b"/nowhere", b"404"),
    ],
)
async def test_every_service_has_these_pages(server: HttpServer, path: bytes, status: bytes) -> None:
    assert (await ask(server, b"GET " + path + b" HTTP/1.1\r\nhost: x\r\n\r\n")).startswith(b"HTTP/1.1 " + status)


async def test_readiness_tells_what_is_missing() -> None:
    health = Health()
    health.require("snapshot", "no configuration yet")
    async with serve(pages(health)) as server:
        answer = await ask(server, READY)
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"no configuration yet" in answer


async def test_an_address_that_is_taken_is_told(server: HttpServer) -> None:
    with pytest.raises(OSError, match="cannot listen"):
        await HttpServer(pages(Health()), f"127.0.0.1:{server.port}", drain=1).__aenter__()


async def test_an_address_is_shared_where_both_say_so() -> None:
    health = Health()
    health.started()
    async with HttpServer(pages(health), "127.0.0.1:0", drain=1, reuse_port=True) as one:
        address = f"127.0.0.1:{one.port}"
        async with HttpServer(pages(health), address, drain=1, reuse_port=True) as other:
            assert one.port == other.port
        assert b" 200 OK" in await ask(one, READY)
