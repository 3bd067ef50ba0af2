"""A listening port that serves an ASGI app through uvicorn's HTTP protocol and can go down and come up again.

uvicorn's own `Server` is left out: it owns the process's signals, wakes ten times a second, and cannot stop listening
and resume. Its protocol class does all of HTTP here, with the transport exposed to the app in `scope["extensions"]`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TRANSPORT = "simulator.transport"
BACKLOG = 2048
# Longer than any client keeps an idle connection, so that a reused one is never met by a closing vendor.
KEEP_ALIVE_SECONDS = 120
CLOSE_DEADLINE_SECONDS = 0.5
BIND_DEADLINE_SECONDS = 0.5


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with its transport handed to the app."""

    def __init__(self, config: Config, server_state: ServerState) -> None:
        super().__init__(config, server_state, app_state={})
        self.access_log = False
        self._extensions: dict[str, object] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn's own
        super().connection_made(transport)
        self._extensions[TRANSPORT] = transport

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item]  # the spec has the key; values are ours


def reset(transport: asyncio.Transport) -> None:
    """Close a connection with a TCP RST instead of a FIN; nothing that is still buffered is sent."""
    if transport.is_closing():
        return  # whoever called is gone, and the socket with them
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class Listener:
    """Serves `app` at one host and port, from `up()` to `down()`, any number of times on the same port."""

    def __init__(self, app: App, host: str, port: int) -> None:
        self._config = Config(
            app, http=_Protocol, ws="none", lifespan="off", interface="asgi3", log_config=None,
            proxy_headers=False, timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )  # fmt: skip
        self._config.load()
        self._host = host
        self._port = port
        self._state = ServerState()
        self._held: socket.socket | None = None
        self._server: asyncio.Server | None = None

    @property
    def is_up(self) -> bool:
        """Whether connections are accepted."""
        return self._server is not None

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._state.connections)

    @property
    def url(self) -> str:
        """The root URL, without a slash at its end; the port is known once it was up."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def up(self) -> None:
        """Listen; raises OSError if the port is taken. Does nothing if it listens already."""
        if self._server is not None:
            return
        held = self._held or self._bind()
        self._held = None
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Protocol(self._config, self._state), sock=held, backlog=BACKLOG
        )

    async def down(self) -> None:
        """Refuse new connections and break the open ones, but keep the port from others until `up` or `release`."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for connection in tuple(self._state.connections):
            connection.transport.abort()
        await self._finish_requests()
        self._held = await self._hold()

    async def release(self) -> None:
        """Stop for good and give the port back."""
        await self.down()
        if self._held is not None:
            self._held.close()
            self._held = None

    async def _finish_requests(self) -> None:
        # Every wait of the apps ends when its connection does, so this is a matter of a loop's turn or two.
        if self._state.tasks:
            _, late = await asyncio.wait(tuple(self._state.tasks), timeout=CLOSE_DEADLINE_SECONDS)
            for task in late:
                task.cancel()

    async def _hold(self) -> socket.socket:
        # A bound socket that does not listen refuses connections, and nobody else is given its port meanwhile. uvloop
        # closes the listening socket a turn of the loop later, hence the second try.
        loop = asyncio.get_running_loop()
        give_up = loop.time() + BIND_DEADLINE_SECONDS
        while True:
            try:
                return self._bind()
            except OSError:
                if loop.time() > give_up:
                    raise
                await asyncio.sleep(0.005)

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # asyncio sends at once only on sockets that say that they are TCP's.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setblocking(False)
            bound.bind((self._host, self._port))
        except OSError:
            bound.close()
            raise
        self._port = bound.getsockname()[1]
        return bound
