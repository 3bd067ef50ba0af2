"""A real HTTP server for webhooks: it records every request and answers as the test has scripted."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httptools

from tests.stack.eventually import PATIENCE, eventually

READ_SIZE = 65_536
KEPT = 10_000


@dataclass(frozen=True)
class Answer:
    """One scripted answer, sent after `delay` seconds."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0


@dataclass(frozen=True)
class Received:
    """One recorded request; `path` is as sent, query included, and header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, decoded; a ValueError when it is not JSON."""
        return json.loads(self.body)


class WebhookSink:
    """Listens on a loopback port of its own while entered; answers 200 whenever the script has run out."""

    def __init__(self) -> None:
        self._script: deque[Answer] = deque(maxlen=KEPT)
        self._requests: deque[Received] = deque(maxlen=KEPT)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The sink's root; every path under it is accepted."""
        if self._server is None:
            raise RuntimeError("the sink is not listening")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def requests(self) -> Sequence[Received]:
        """What has been received so far, oldest first."""
        return tuple(self._requests)

    def will_answer(self, *answers: Answer | int) -> None:
        """Answer the next requests with these, in order; a bare number is a status."""
        self._script.extend(Answer(answer) if isinstance(answer, int) else answer for answer in answers)

    async def wait_for(
        self, predicate: Callable[[Sequence[Received]], bool], within: float = PATIENCE
    ) -> Sequence[Received]:
        """Return the requests once the predicate is true of them; fail, naming what came, after `within` seconds."""
        try:
            await eventually(lambda: predicate(self.requests), within, every=0.02)
        except AssertionError as error:
            seen = [f"{request.method} {request.path}" for request in self.requests]
            raise AssertionError(f"{error}; {len(seen)} requests came: {seen[-20:]}") from error
        return self.requests

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request, answer it, close: a webhook sink has no use for keep-alive."""
        connection = asyncio.current_task()
        if connection is not None:
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)
        try:
            async with asyncio.timeout(PATIENCE):
                received = await _read(reader)
                if received is None:
                    return
                self._requests.append(received)
                answer = self._script.popleft() if self._script else Answer()
                await asyncio.sleep(answer.delay)
                writer.write(_encode(answer))
                await writer.drain()
        except (ConnectionError, TimeoutError):
            return  # The sender went away, which is its right; what it had sent in full is recorded.
        finally:
            writer.close()


class _Parser:
    """What httptools calls back while it reads one request."""

    def __init__(self) -> None:
        self.path = b""
        self.headers: dict[str, str] = {}
        self.body = b""
        self.complete = False

    def on_url(self, part: bytes) -> None:
        self.path += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.complete = True


async def _read(reader: asyncio.StreamReader) -> Received | None:
    """The next request, or None when the sender leaves before it is complete."""
    seen = _Parser()
    parser = httptools.HttpRequestParser(seen)
    while not seen.complete:
        data = await reader.read(READ_SIZE)
        if not data:
            return None
        parser.feed_data(data)
    return Received(parser.get_method().decode(), seen.path.decode("latin-1"), seen.headers, seen.body)


def _encode(answer: Answer) -> bytes:
    headers = {"content-length": str(len(answer.body)), "connection": "close"} | dict(answer.headers)
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body
