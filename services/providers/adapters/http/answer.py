"""One answer of HTTP/1.1 as its bytes arrive: read by llhttp, and kept until somebody takes it."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEAD = 64 * 1024
"""Bytes that may come one after another without any of a body: of a head, or of trailers. One packet more may."""
KEPT = 256 * 1024
"""Bytes of a body that wait for a reader before the vendor is held back, unless more of them are waited for."""

_FINAL = 200


class Carrier(Protocol):
    """What an answer comes over."""

    def abort(self) -> None:
        """Close it at once."""
        ...

    def pause(self) -> None:
        """Take no more bytes of the vendor's, until `resume`."""
        ...

    def resume(self) -> None:
        """Take them again."""
        ...


class SurplusError(Exception):
    """The vendor said more than it was asked for."""


class Answer:
    """One reader waits for it at a time.

    `status`: 0 until the head is there; heads of 1xx are passed over. `size`: bytes of the body that can be taken.
    `over`: nothing more comes; `broken`: because it broke off, or could not be read. `reusable`: the connection may
    serve again.
    """

    __slots__ = (
        "_bare",
        "_carrier",
        "_headers",
        "_loop",
        "_parser",
        "_paused",
        "_pieces",
        "_released",
        "_waiter",
        "_wanted",
        "broken",
        "over",
        "reusable",
        "size",
        "status",
    )

    def __init__(self, carrier: Carrier, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0
        self.size = 0
        self.over = self.broken = self.reusable = False
        self._carrier = carrier
        self._loop = loop  # Python 3.11 asks the system for its process each time that it is asked for the loop
        # One for each answer, at 0.3 us: nothing of one message can be left for the next.
        self._parser: HttpResponseParser | None = HttpResponseParser(self)
        self._headers: dict[bytes, bytes] = {}
        self._pieces: list[bytes] = []
        self._bare = 0
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._released: Callable[[], object] | None = None

    def header(self, name: bytes) -> bytes:
        """The first header of that name, which is in lower case; empty where it is missing."""
        return self._headers.get(name, b"")

    async def wait(self, size: int) -> None:
        """Return when the head and `size` bytes that can be taken are there, or nothing more comes."""
        if self.over or (self.status and self.size >= size):
            return
        self._wanted = size
        if self._paused:
            self._resume()
        self._waiter = waiter = self._loop.create_future()
        await waiter

    def take(self) -> bytes:
        """What is there of the body."""
        pieces = self._pieces
        taken = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.size = 0
        if self._paused:
            self._resume()
        return taken

    def release(self, ended: Callable[[], object]) -> None:
        """Take nothing more of it, and wait for its end, though not for a long one; `ended` is called then."""
        self._pieces.clear()
        self._released = ended
        if self._paused:
            self._resume()

    def abandon(self) -> None:
        """Close the connection, unless the answer is over."""
        if not self.over:
            self._end(broken=True)
            self._carrier.abort()

    def feed(self, data: bytes) -> None:
        """Bytes came."""
        parser, had = self._parser, self.size
        assert parser is not None  # noqa: S101 - it is there until the answer is over
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.reusable = False
            if not self.over:
                self.broken = self.over = True
        if self.over:
            self._end(broken=self.broken)
            return
        if self.size == had:
            self._bare += len(data)
            if self._bare > MAX_HEAD:
                self._end(broken=True)
                return
        else:
            self._bare = 0
            if self.size > KEPT and self.size >= self._wanted and not self._paused:
                self._paused = True
                self._carrier.pause()
        if self._waiter is not None and self.status and self.size >= self._wanted:
            self._wake()

    def closed(self) -> None:
        """The vendor says no more: the end of a body whose length was not said, and of no other."""
        if not self.over:
            framed = b"content-length" in self._headers or b"transfer-encoding" in self._headers
            self._end(broken=framed or not self.status)

    def lost(self) -> None:
        """The connection is gone."""
        if not self.over:
            self._end(broken=True)

    def _end(self, *, broken: bool) -> None:
        self.over, self.broken = True, broken
        self._parser = None  # it holds this
        if self._paused:
            self._resume()
        if self._waiter is not None:
            self._wake()
        if self._released is not None:
            self._released()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _resume(self) -> None:
        self._paused = False
        self._carrier.resume()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Of this message, or of one that nobody asked for."""
        if self.over:
            raise SurplusError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of a head, or of trailers, which say nothing that anybody reads."""
        if not self.status:
            self._headers.setdefault(name.lower(), value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        assert self._parser is not None  # noqa: S101 - it calls this
        status = self._parser.get_status_code()
        if status < _FINAL:
            self._headers.clear()
        else:
            self.status = status

    def on_body(self, piece: bytes) -> None:
        """Of the body, without its framing."""
        if self._released is None:
            self._pieces.append(piece)
            self.size += len(piece)

    def on_message_complete(self) -> None:
        """The message is whole."""
        if self.status:
            assert self._parser is not None  # noqa: S101 - it calls this
            self.over, self.reusable = True, self._parser.should_keep_alive()
