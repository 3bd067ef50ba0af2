"""The HTTP server against callers that do not behave."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chassis import http
from chassis.health import Health
from chassis.http import HttpServer
from chassis.pages import pages
from tests.stack.eventually import PATIENCE

READY = b"GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpServer]:
    monkeypatch.setattr(http, "HEADER_TIMEOUT", 0.3)
    health = Health()
    health.started()
    async with HttpServer(pages(health), "127.0.0.1:0", drain=1) as server:
        yield server


async def say(server: HttpServer, *parts: bytes) -> bytes:
    """Everything that the server answers until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()


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


async def test_a_flood_of_headers_is_refused(server: HttpServer) -> None:
    flood = b"".join(b"x-%d: %s\r\n" % (n, b"y" * 1000) for n in range(100))
    answer = await say(server, b"GET /health/ready HTTP/1.1\r\nhost: x\r\n" + flood + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


async def test_what_is_not_http_is_refused(server: HttpServer) -> None:
    assert (await say(server, b"\x16\x03\x01 hello\r\n\r\n")).startswith(b"HTTP/1.1 400")


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
    async with HttpServer(pages(health), "127.0.0.1:0", drain=1) as server:
        answer = await ask(server, READY)
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"no configuration yet" in answer


async def test_an_address_that_is_taken_is_told(server: HttpServer) -> None:
    with pytest.raises(OSError, match="cannot listen"):
        await HttpServer(pages(Health()), f"127.0.0.1:{server.port}", drain=1).__aenter__()
