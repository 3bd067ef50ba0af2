"""An HTTP server in the running loop, with a beginning and an end."""

import asyncio
from types import TracebackType
from typing import Self

from chassis.address import split_address
from chassis.http.asgi import App
from chassis.http.connection import Connection
from chassis.http.limits import Limits
from chassis.http.serving import Serving

BACKLOG = 2048
"""Connections that the kernel holds for us."""


class HttpServer:
    """Serves an ASGI application while it is entered.

    On exit it stops accepting, lets answers under way end for `drain` seconds, then cuts them. `port` is the bound one.
    `reuse_port`: other processes may listen at the same address, and the kernel deals connections out among them.
    """

    def __init__(
        self, app: App, address: str, *, drain: float, reuse_port: bool = False, limits: Limits | None = None
    ) -> None:
        self._host, self.port = split_address(address)
        self._drain = drain
        self._reuse_port = reuse_port
        self._serving = Serving(app, limits or Limits())
        self._listener: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError where the address cannot be had."""
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                lambda: Connection(self._serving),
                self._host,
                self.port,
                backlog=BACKLOG,
                reuse_port=self._reuse_port,
            )
        except OSError as error:
            raise OSError(f"HTTP cannot listen on {self._host}:{self.port}") from error
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._listener is not None:
            self._listener.close()
            await self._serving.drain(self._drain)
            await self._listener.wait_closed()
