"""A vendor that keeps its connections, and says over each of them exactly what a test has it say."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from ssl import SSLContext
from types import TracebackType
from typing import Self

from tests.integration.providers.go_between import HOST, join


class Served:
    """One connection, as the vendor has it. `requests`: what was asked over it; `over`: the other side closed it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests: list[bytes] = []
        self.over = False
        self._reader = reader
        self._writer = writer

    async def asked(self) -> bytes:
        """The next request's body."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        self.requests.append(head)
        return await self._reader.readexactly(int(length.split(b":")[1]))

    async def say(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def left(self) -> None:
        """Wait until the other side has closed it."""
        while await self._reader.read(65536):
            pass

    async def tunnel(self, opened: bytes, host: str, port: int) -> None:
        """Be a proxy: say `opened` to what is asked first, and lead on."""
        await self._reader.readuntil(b"\r\n\r\n")
        there = await asyncio.open_connection(host, port)
        await self.say(opened)
        await join((self._reader, self._writer), there)


Serve = Callable[[Served], Awaitable[None]]


def whole(body: bytes = b"{}") -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def answering(connection: Served) -> None:
    """Answers each request with its own body."""
    while True:
        await connection.say(whole(await connection.asked()))


class KeepingVendor:
    """Serves each connection with `serve`, and closes it when that returns."""

    def __init__(self, serve: Serve = answering, tls: SSLContext | None = None) -> None:
        self.serve = serve
        self.connections: list[Served] = []
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/v1"

    @property
    def open(self) -> int:
        """Connections that nobody has closed."""
        return sum(not connection.over for connection in self.connections)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, 0, ssl=self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Served(reader, writer)
        self.connections.append(connection)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.serve(connection)
        finally:
            connection.over = True
            self._tasks.discard(task)
            writer.close()
