"""A TCP connection over which both sides send messages, each with its length before it."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from google.protobuf.message import DecodeError, Message

LENGTH = 4
"""Bytes of a message's length, the most significant first."""
FULL_MESSAGE = 1024 * 1024
"""Bytes from which on what is said next goes into another message."""
JOINED = 128 * 1024
"""Bytes of a message up to which it is copied behind its length, so that one write sends both."""
UNANSWERED_MS = 10_000
"""For which the other side's kernel may leave what was sent unanswered before the connection is given up."""
IDLE_PROBES = ((socket.TCP_KEEPIDLE, 15), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))
"""How the kernels find out that a connection on which nothing is sent is dead: seconds, seconds, times."""

Out = TypeVar("Out", bound=Message)
In = TypeVar("In", bound=Message)


class Link(asyncio.Protocol, Generic[Out, In]):
    """One side of it. Messages sent are of the type `says`, those that arrive of the type `hears`.

    `heard` is given each message that arrives, and may raise DecodeError where it is none that may be sent; `lost` is
    called once, with why the connection ended. What is said in one turn of the loop leaves as one message, after it or
    when it is flushed; while the other side does not take what was sent, it waits and grows. How much, is for those who
    say it to bound. A message of more than `most` bytes, or one that cannot be read, ends the connection.
    """

    def __init__(
        self, says: type[Out], hears: type[In], *, most: int, heard: Callable[[In], None], lost: Callable[[str], None]
    ) -> None:
        self._says = says
        self._hears = hears
        self.most = most
        """Bytes of a message that are taken."""
        self._heard = heard
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[Out] = deque()
        self._filled = 0
        """Bytes in the last of them."""
        self._sends = False
        """Whether nothing more is to be done for what waits to be sent."""
        self._blocked = True
        self._cut = b""
        """Of a message's length, where the rest of it did not arrive yet."""
        self._parts: list[bytes] = []
        """Of a message that did not arrive whole; joined once, for it may be large."""
        self._missing = 0
        """Bytes of it."""
        self._closed = False
        self._ended_by = "the other side closed it"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what was said already."""
        self._transport = cast("asyncio.Transport", transport)
        _find_out_when_dead(transport.get_extra_info("socket"))
        self._blocked = False
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say why."""
        self._closed = True
        self._waiting.clear()
        self._lost(str(exc) if exc else self._ended_by)

    def pause_writing(self) -> None:
        """Have what is said wait: the other side does not take it."""
        self._blocked = True

    def resume_writing(self) -> None:
        """Send what has waited."""
        self._blocked = False
        self._send()

    def data_received(self, data: bytes) -> None:
        """Read the messages that are whole."""
        if self._closed:
            return
        if self._missing:
            self._parts.append(data[: self._missing])
            self._missing -= len(self._parts[-1])
            if self._missing:
                return
            data = data[len(self._parts[-1]) :]
            whole = b"".join(self._parts)
            self._parts.clear()
            self._hear(whole)
        elif self._cut:
            data, self._cut = self._cut + data, b""
        at, end = 0, len(data)
        while not self._closed and at < end:
            begins = at + LENGTH
            if begins > end:
                self._cut = data[at:]
                return
            size = int.from_bytes(data[at:begins], "big")
            if size > self.most:
                self.abort(f"a message of {size} bytes was sent, over the {self.most} that are taken")
                return
            at = begins + size
            if at > end:
                self._parts.append(data[begins:])
                self._missing = at - end
                return
            self._hear(data[begins:at])

    def message(self, size: int, *, flushed: bool = False) -> Out:
        """The message to add `size` bytes to, in this turn of the loop.

        It is the last that waits, or another where that would be too large. `flushed`: who adds to it flushes it, so
        that no further turn of the loop, and no question for what else happened, comes before it.
        """
        if not self._waiting or self._filled + size > FULL_MESSAGE:
            self._waiting.append(self._says())
            self._filled = 0
        if not (flushed or self._sends or self._blocked):
            self._sends = True
            self._loop.call_soon(self._send)
        self._filled += size
        return self._waiting[-1]

    def flush(self) -> None:
        """Send what was said without waiting for more, unless the other side does not take it."""
        if not self._blocked:
            self._send()

    def close(self) -> None:
        """End it, once what was said is sent."""
        self._closed = True
        if not self._waiting:
            self._hang_up()

    def abort(self, cause: str) -> None:
        """End it at once. `cause`: what `lost` is told."""
        self._ended_by = cause
        self._closed = True
        self._waiting.clear()
        if self._transport is not None:
            self._transport.abort()

    def _hear(self, data: bytes) -> None:
        try:
            self._heard(self._hears.FromString(data))
        except DecodeError as error:
            self.abort(f"a message that cannot be read: {error}")

    def _send(self) -> None:
        self._sends = False
        if self._transport is None or self._transport.is_closing():
            self._waiting.clear()
            return
        while self._waiting and not self._blocked:
            data = self._waiting.popleft().SerializeToString()
            length = len(data).to_bytes(LENGTH, "big")
            if len(data) <= JOINED:
                self._transport.write(length + data)
            else:
                self._transport.writelines((length, data))
        if self._closed and not self._waiting:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._ended_by = "it was closed"
            self._transport.close()


def _find_out_when_dead(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS)
    for option, value in IDLE_PROBES:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
