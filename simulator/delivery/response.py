"""One HTTP response under way: its bytes, as they are compressed and cut, and a watch on the caller who may leave."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from random import Random

from simulator.latency import Latency
from simulator.listener import TRANSPORT, Receive, Scope, Send, reset
from simulator.splits import Split

Header = tuple[bytes, bytes]
Headers = list[Header]

JSON = (b"content-type", b"application/json")
# How long a connection being closed may take to send what it holds to a caller that does not read.
FLUSH_SECONDS = 5.0
_GZIP = 16 + zlib.MAX_WBITS


class ClientLeftError(Exception):
    """The caller closed its connection before the answer was over."""


class Response:
    """Sends one response; every wait ends with ClientLeftError when the caller leaves."""

    __slots__ = (
        "_cuts",
        "_encoder",
        "_gzip",
        "_next_cut",
        "_receive",
        "_rng",
        "_send",
        "_sent",
        "_transport",
        "headers",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, rng: Random) -> None:
        self._transport: asyncio.Transport = scope["extensions"][TRANSPORT]
        self._receive = receive
        self._send = send
        self._rng = rng
        self.headers: Headers = []
        self._gzip = False
        self._encoder: zlib._Compress | None = None
        self._cuts: Iterator[int] = iter(())
        self._next_cut: int | None = None
        self._sent = 0

    def shape(self, *, split: Split | None, gzip: bool) -> None:
        """Cut and compress what is sent from here on."""
        self._gzip = gzip
        if split is not None:
            self._cuts = split.places(self._rng)
            self._next_cut = next(self._cuts, None)

    async def start_plain(self, status: int, body: bytes, extra: Headers, kind: Header = JSON) -> bytes:
        """Send the headers of a response that will consist of `body`; return it as it is to be written."""
        if self._gzip:
            encoder = zlib.compressobj(wbits=_GZIP)
            body = encoder.compress(body) + encoder.flush()
        await self._start(status, [kind, (b"content-length", b"%d" % len(body)), *extra])
        return body

    async def start_stream(self, content_type: bytes) -> None:
        """Send the headers of a stream; its parts are compressed as they are written, and can be read at once."""
        await self._start(200, [(b"content-type", content_type)])
        if self._gzip:
            self._encoder = zlib.compressobj(wbits=_GZIP)

    async def write(self, data: bytes) -> None:
        """Send a part of the body."""
        self.check_caller()
        if self._encoder is not None:
            data = self._encoder.compress(data) + self._encoder.flush(zlib.Z_SYNC_FLUSH)
        for piece in self._pieces(data):
            await self._emit(piece)

    async def end(self, data: bytes) -> None:
        """Send the last part of the body, which may be empty, and its end with it."""
        self.check_caller()
        if self._encoder is not None:
            data = self._encoder.compress(data) + self._encoder.flush()
        *pieces, last = self._pieces(data)
        for piece in pieces:
            await self._emit(piece)
        self.check_caller()
        await self._send({"type": "http.response.body", "body": last})

    async def close(self) -> None:
        """Close the connection in the middle of the body, once what was written has left."""
        self._transport.close()
        if not await self.is_left_within(FLUSH_SECONDS):
            self._transport.abort()
            await self.is_left_within(FLUSH_SECONDS)

    async def reset(self) -> None:
        """Reset the connection."""
        reset(self._transport)
        await self.is_left_within(FLUSH_SECONDS)

    async def pause(self, latency: Latency) -> None:
        """Wait for a time drawn from `latency`."""
        seconds = latency.draw(self._rng)
        if seconds and await self.is_left_within(seconds):
            raise ClientLeftError

    async def silence(self) -> None:
        """Wait until the caller leaves."""
        await self.is_left_within(None)
        raise ClientLeftError

    async def until(self, event: asyncio.Future[None]) -> None:
        """Wait for `event`."""
        if event.done():
            return
        leaving = asyncio.ensure_future(self.is_left_within(None))
        either: tuple[asyncio.Future[bool] | asyncio.Future[None], ...] = (leaving, event)
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                raise ClientLeftError
        finally:
            leaving.cancel()

    async def is_left_within(self, seconds: float | None) -> bool:
        """Wait for the connection to end, at most so long; say whether it did."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True

    def check_caller(self) -> None:
        """Raise ClientLeftError where the connection has ended."""
        if self._transport.is_closing():
            raise ClientLeftError

    async def _start(self, status: int, headers: Headers) -> None:
        self.check_caller()
        encoding = [(b"content-encoding", b"gzip")] if self._gzip else []
        headers = headers + encoding + self.headers
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _emit(self, piece: bytes) -> None:
        self.check_caller()
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        if self._next_cut is not None:
            # The transport has written it to the socket; a turn of the loop lets a reader in it take it by itself.
            await asyncio.sleep(0)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        start, self._sent = self._sent, self._sent + len(data)
        begin = 0
        while self._next_cut is not None and self._next_cut < self._sent:
            end = self._next_cut - start
            if end > begin:
                yield data[begin:end]
                begin = end
            self._next_cut = next(self._cuts, None)
        yield data[begin:]
