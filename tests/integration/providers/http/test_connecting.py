"""How connections are made: to which address, by which proxy, trusting whom, and what is left where they are not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from chassis.http_url import HttpUrl
from resilience.clock import VirtualClock
from resilience.errors import Reason
from services.providers.adapters.http.authorities import Authorities
from services.providers.adapters.http.connect import Connect
from services.providers.adapters.http.unreachable import NotConnectedError
from tests.integration.providers.go_between import HOST, Authority, HttpProxy, tls_before
from tests.integration.providers.http.here import Here, call, connections_of, failure, on_both_loops
from tests.integration.providers.http.keeping_vendor import KeepingVendor, Served, whole
from tests.integration.providers.http.sockets import sockets
from tests.stack.eventually import eventually
from tests.stack.ports import free_port

NOBODY = "127.0.0.3"


def unreached(cause: str) -> tuple[Reason, str]:
    return Reason.VENDOR_UNREACHABLE, f"The vendor could not be reached: {cause}."


@asynccontextmanager
async def talking(said: bytes, *, stay: bool = False) -> AsyncIterator[int]:
    """The port of somebody who says `said` to whoever has said something."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(said)
        if stay:
            await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]


def full(stack: ExitStack, address: str) -> int:
    """The port of somebody who lets nobody in: nothing answers who knocks."""
    listening = stack.enter_context(socket.create_server((address, 0), backlog=0))
    for _ in range(2):
        knocking = stack.enter_context(socket.socket())
        knocking.setblocking(False)
        knocking.connect_ex(listening.getsockname())
    port: int = listening.getsockname()[1]
    return port


@on_both_loops
async def test_where_nobody_listens_at_the_first_address_the_next_one_is_called(here: Here) -> None:
    url = here.vendor.url.replace(HOST, "vendor.invalid")
    assert await call(here.http, url, b"1") == b"1"
    (asked,) = here.vendor.connections[0].requests
    assert f"host: vendor.invalid:{here.vendor.port}\r\n".encode() in asked


@on_both_loops
async def test_an_address_that_says_nothing_does_not_keep_the_next_one_waiting_and_is_let_go(here: Here) -> None:
    with ExitStack() as stack:
        port = full(stack, NOBODY)
        before = sockets()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with await asyncio.start_server(serve, HOST, port):
            origin = HttpUrl.read(f"http://vendor.invalid:{port}")
            connect = Connect(origin, None, (NOBODY, HOST), Authorities().trusting(""), 20.0)
            transport = await connect()
            assert transport.get_extra_info("peername")[0] == HOST
            assert transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            transport.abort()
        await eventually(lambda: sockets() <= before)


@on_both_loops
async def test_one_who_lets_nobody_in_is_left_when_the_time_to_connect_is_over(here: Here) -> None:
    with ExitStack() as stack:
        port = full(stack, NOBODY)
        before = sockets()
        async with connections_of(VirtualClock(), connect_timeout=0.2) as connections:
            http = connections.open("main", "", "")
            for host in (NOBODY, "vendor.invalid"):
                failed = await failure(http, f"http://{host}:{port}/v1")
                assert (failed.reason, failed.message) == unreached("it did not accept a connection in time")
            assert sockets() <= before


@on_both_loops
async def test_a_caller_that_leaves_while_it_is_connected_leaves_nothing_open(here: Here) -> None:
    with ExitStack() as stack:
        port = full(stack, NOBODY)
        before = sockets()
        async with talking(b"", stay=True) as silent:
            for url in (f"http://{NOBODY}:{port}/v1", f"https://{HOST}:{silent}/v1"):
                calling = asyncio.create_task(call(here.http, url))
                await eventually(lambda: len(sockets() - before) > 0)
                calling.cancel()
                assert isinstance((await asyncio.gather(calling, return_exceptions=True))[0], asyncio.CancelledError)
        await eventually(lambda: sockets() <= before)


@on_both_loops
async def test_a_vendor_of_tls_is_called_where_its_certificate_is_trusted_and_of_its_name(
    here: Here, tmp_path: Path
) -> None:
    authority = Authority()
    trusting = here.connections.open("trusting", "", authority.pem)
    async with (
        tls_before(here.vendor.url, authority.context("vendor.invalid", tmp_path)) as port,
        tls_before(here.vendor.url, authority.context("other.invalid", tmp_path)) as other,
    ):
        url = f"https://vendor.invalid:{port}/v1"
        for number in range(3):
            assert await call(trusting, url, b"%d" % number) == b"%d" % number
        body = bytes(900_000)
        assert await call(trusting, url, body) == body
        assert len(here.vendor.connections) == 1
        for http, asked in ((here.http, url), (trusting, f"https://vendor.invalid:{other}/v1")):
            failed = await failure(http, asked)
            assert (failed.reason, failed.message) == unreached("its TLS certificate is not valid")
    assert [len(one.requests) for one in here.vendor.connections if one.requests] == [4]


@on_both_loops
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28"])
async def test_what_is_no_tls_is_told_as_such_and_closed(here: Here, said: bytes) -> None:
    before = sockets()
    async with talking(said) as port:
        failed = await failure(here.http, f"https://{HOST}:{port}/v1")
        assert (failed.reason, failed.message) == unreached("the TLS handshake failed")
    await eventually(lambda: sockets() <= before)


@on_both_loops
async def test_a_proxy_of_tls_leads_on_to_a_vendor_of_tls_and_is_shown_who_calls(here: Here, tmp_path: Path) -> None:
    authority = Authority()
    async with (
        HttpProxy("seawall:pass@word") as proxy,
        tls_before(f"http://{proxy.address}", authority.context("proxy.invalid", tmp_path)) as outer,
        tls_before(here.vendor.url, authority.context("vendor.invalid", tmp_path)) as inner,
    ):
        http = here.connections.open("main", f"https://seawall:pass%40word@proxy.invalid:{outer}", authority.pem)
        for number in range(3):
            assert await call(http, f"https://vendor.invalid:{inner}/v1", b"%d" % number) == b"%d" % number
        assert proxy.targets == [f"vendor.invalid:{inner}"]
        assert b"proxy-authorization" not in b"".join(here.vendor.connections[0].requests)
        named = f"http://vendor.invalid:{here.vendor.port}/v1"
        assert await call(http, named, b"read by the proxy") == b"read by the proxy"
        assert here.vendor.connections[-1].requests[0].startswith(f"POST {named} HTTP/1.1\r\n".encode())


@on_both_loops
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK",
        b"nothing of HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000,
    ],
)
async def test_a_proxy_that_does_not_lead_on_refused_and_is_left(here: Here, said: bytes) -> None:
    before = sockets()
    async with talking(said, stay=len(said) > 1000) as port:
        http = here.connections.open("main", f"http://user:secret@{HOST}:{port}", "")
        failed = await failure(http, "https://vendor.invalid/v1")
        assert (failed.reason, failed.message) == unreached("the proxy refused")
        assert "secret" not in repr(failed)
    await eventually(lambda: sockets() <= before)


@on_both_loops
async def test_a_proxy_that_says_nothing_is_left_when_the_time_to_connect_is_over(here: Here) -> None:
    async with talking(b"", stay=True) as port, connections_of(VirtualClock(), connect_timeout=0.2) as connections:
        before = sockets()
        http = connections.open("main", f"http://{HOST}:{port}", "")
        failed = await failure(http, "https://vendor.invalid/v1")
        assert (failed.reason, failed.message) == unreached("it did not accept a connection in time")
        await eventually(lambda: len(sockets() - before) == 0)


@on_both_loops
async def test_a_tunnel_opens_though_the_proxy_says_more_of_it_than_it_must(here: Here, tmp_path: Path) -> None:
    authority = Authority()
    opened = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nvia: x\r\ncontent-length: 0\r\n\r\n"

    async def serve(connection: Served) -> None:
        await connection.tunnel(opened, HOST, inner)

    async with (
        tls_before(here.vendor.url, authority.context("vendor.invalid", tmp_path)) as inner,
        KeepingVendor(serve) as proxy,
    ):
        http = here.connections.open("main", f"http://{HOST}:{proxy.port}", authority.pem)
        assert await call(http, f"https://vendor.invalid:{inner}/v1", b"1") == b"1"


@on_both_loops
async def test_a_port_that_nobody_listens_on_is_refused(here: Here) -> None:
    connect = Connect(
        HttpUrl.read(f"http://{HOST}:{free_port()}"), None, (NOBODY, HOST), Authorities().trusting(""), 5.0
    )
    with pytest.raises(NotConnectedError, match="connection refused"):
        await connect()


@on_both_loops
async def test_a_header_that_cannot_be_sent_is_refused_before_anybody_is_called(here: Here) -> None:
    with pytest.raises(Exception, match="Provider 'main' is not called: a header cannot be sent") as refused:
        await here.http.post(here.vendor.url, (("x-team", "a\r\nhost: secret"),), b"{}")
    assert "secret" not in str(refused.value)
    assert whole(await call(here.http, here.vendor.url)) == whole(b"{}")
    assert len(here.vendor.connections) == 1
