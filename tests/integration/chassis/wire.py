"""Callers who write their bytes themselves, and an application that tells what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from chassis.http import App, HttpServer, Limits, Receive, Scope, Send, cancel_when_gone
from chassis.pages import JSON, respond
from tests.stack.eventually import PATIENCE, eventually

FAST = Limits(header_timeout=0.3, body_timeout=0.3, idle_timeout=0.3, stall_timeout=0.5, step=0.02)
"""For tests of what is too slow."""


@asynccontextmanager
async def serve(app: App, *, limits: Limits | None = None, drain: float = 1) -> AsyncIterator[HttpServer]:
    async with HttpServer(app, "127.0.0.1:0", drain=drain, limits=limits) as server:
        yield server


async def body_of(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the caller has gone")
        body += message["body"]
        more = message["more_body"]
    return body


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what it was asked."""
    told: dict[str, Any] = {name: scope[name] for name in ("method", "path", "http_version")}
    told |= {name: scope[name].decode("latin-1") for name in ("raw_path", "query_string")}
    told["headers"] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    told["body"] = (await body_of(receive)).decode("latin-1")
    await respond(send, 200, JSON, json.dumps(told).encode())


@dataclass
class Waiting:
    """An application that answers when it is let."""

    cancelling: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    how: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.cancelling:
            cancel_when_gone(scope)
        self.asked.set()
        try:
            await body_of(receive)
            self.begun.set()
            await self.let.wait()
            await respond(send, 200, "text/plain", b"at last")
            self.how = "answered"
        except asyncio.CancelledError:
            self.how = "cancelled"
            raise
        finally:
            self.ended.set()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def rest(self) -> bytes:
        """Everything until the server hangs up."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE)

    async def answer(self, method: str = "GET") -> Answer:
        """The next answer; `method` is what it answers."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        line, *lines = head.decode("latin-1").rstrip().split("\r\n")
        headers = dict(header.split(": ", 1) for header in lines)
        status = int(line.split(" ")[1])
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(await self._line(), 16):
                parts.append((await asyncio.wait_for(self.reader.readexactly(size + 2), PATIENCE))[:-2])
            assert await self._line() == b"\r\n"
            body = b"".join(parts)
        elif method != "HEAD":
            body = await asyncio.wait_for(self.reader.readexactly(int(headers.get("content-length", 0))), PATIENCE)
        return Answer(status, headers, body)

    async def _line(self) -> bytes:
        return await asyncio.wait_for(self.reader.readline(), PATIENCE)


@asynccontextmanager
async def connect(server: HttpServer) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


async def nobody_is_there(server: HttpServer) -> None:
    """Return once the server has noted that every caller has left."""
    await eventually(lambda: not server._serving._callers, every=0.001)


async def say(server: HttpServer, *parts: bytes) -> bytes:
    """Everything that the server answers until it hangs up."""
    async with connect(server) as wire:
        await wire.send(*parts)
        return await wire.rest()
