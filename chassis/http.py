"""HTTP servers: uvicorn inside our loop and lifecycle, with deadlines for slow senders."""

import asyncio
import contextlib
import socket
from asyncio import TimerHandle, Transport
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from types import TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.address import split_address

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI 3 application."""

HEADER_TIMEOUT = 10.0
"""Seconds from a request's first byte, or from a connection's start, to the end of the headers."""
MAX_HEADER_BYTES = 64 * 1024


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself waits for ever for headers and takes any number of them."""

    _deadline: TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's own is
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to wait for the headers of a further request."""
        super().on_message_begin()
        self._header_bytes = 0
        if self._deadline is None:
            self._expect_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count what the headers take; the parser turns the error into a 400."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADER_BYTES:
            raise ValueError("the headers are too large")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request on; its body is the application's to wait for."""
        self._stop_waiting()
        super().on_headers_complete()

    def _expect_headers(self) -> None:
        self._deadline = self.loop.call_later(HEADER_TIMEOUT, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.send_400_response("The request's headers did not arrive in time.")


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the lifecycle."""
        yield


class HttpServer:
    """Serves an ASGI application while it is entered.

    On exit it stops accepting, lets answers under way end for `drain` seconds, then cuts them. `port` is the bound one.
    With `reuse_port` other processes may listen there, too; each connection is one process'.
    """

    def __init__(self, app: App, address: str, *, drain: float, reuse_port: bool = False) -> None:
        host, self.port = split_address(address)
        self._reuse_port = reuse_port
        self._server = _Server(
            uvicorn.Config(
                app,
                host=host,
                port=self.port,
                http=GuardedProtocol,
                loop="none",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=max(1, int(drain)),
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError where the address cannot be had."""
        self._serving = asyncio.create_task(self._serve(), name="http")
        while not self._server.started:
            if self._serving.done():
                self._serving.result()
                raise OSError("the HTTP server did not start")
            await asyncio.sleep(0.005)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    async def _serve(self) -> None:
        try:
            await self._server.serve([self._shared_socket()] if self._reuse_port else None)
        except SystemExit as error:  # uvicorn exits where it cannot bind
            raise OSError(f"HTTP cannot listen on {self._server.config.host}:{self.port}") from error

    def _shared_socket(self) -> socket.socket:
        host, port = self._server.config.host, self.port
        return socket.create_server((host, port), family=_family(host), backlog=2048, reuse_port=True)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
