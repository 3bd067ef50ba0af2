"""A vendor that answers with exactly the bytes that a test gives it, for what a well-made one never sends."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK", content_type: bytes = b"application/json") -> bytes:
    return b"\r\n".join(
        [
            b"HTTP/1.1 " + status,
            b"content-type: " + content_type,
            b"content-length: %d" % len(body),
            *headers,
            b"",
            body,
        ]
    )


EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
"""Head of a stream that ends with its connection."""


class RawVendor:
    """Gives each request the same `pieces`, with a turn of the loop between them, then closes unless `stay`.

    `closed_at`: when its side of each connection was seen to be over, of `time.monotonic`.
    """

    def __init__(self) -> None:
        self.pieces: Sequence[bytes] = ()
        self.stay = False
        self.heads: list[bytes] = []
        self.opened = 0
        self.closed = 0
        self.closed_at: list[float] = []
        self._server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
            for piece in self.pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if self.stay:
                await reader.read()
        self.closed += 1
        self.closed_at.append(time.monotonic())
        writer.close()
