"""A caller's connection: its requests have their turns in order, and it is waited for within limits."""

import asyncio
import math
from collections import deque
from typing import cast

import structlog

from chassis.http.asgi import Scope
from chassis.http.limits import Wait
from chassis.http.reader import NotARequestError, Reader
from chassis.http.serving import Serving
from chassis.http.turn import Turn
from chassis.http.wire import refusal

log = structlog.stdlib.get_logger("http")

INVALID = "Invalid HTTP request received."
TOO_SLOW = "The request's headers did not arrive in time."


class Connection(asyncio.Protocol):
    """HTTP/1.1, and 1.0 without its keep-alive.

    A request's turn begins when it has arrived whole; where it is large or slow, with what is there. What is no request
    is answered with 400, after the answers to those before it; nothing that comes after it is read.
    """

    _transport: asyncio.Transport
    _reader: Reader

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._limits = serving.limits
        self._loop = asyncio.get_running_loop()
        self._turn: Turn | None = None
        self._next: deque[Turn] = deque()
        self._last_words = b""
        self._wait = Wait.NOTHING
        self._until = math.inf
        self._held = False
        """Whether nothing is read, since what was read is to be worked off first."""
        self._room: asyncio.Event | None = None
        """There is none where the caller reads too slowly; set once there is."""
        self._unsent = 0
        self._unsent_since = 0.0
        self._old_at = self._loop.time() + self._limits.connection_age

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._reader = Reader(
            self._take,
            client=_address(transport, "peername"),
            server=_address(transport, "sockname"),
            max_header_bytes=self._limits.header_bytes,
        )
        self._wait_for(Wait.HEAD)
        self._serving.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's form
        """Tell the one whose turn it is; who waits for a turn gets none."""
        self._reader.close()
        self._next.clear()
        self.resume_writing()
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.leave()
        self._serving.leave(self)

    def pause_writing(self) -> None:
        """Have senders wait: the caller reads too slowly."""
        self._room = asyncio.Event()

    def resume_writing(self) -> None:
        """Let senders go on."""
        if self._room is not None:
            self._room.set()
            self._room = None

    def data_received(self, data: bytes) -> None:
        """Read what came, and go on with what it brought."""
        try:
            self._reader.read(data)
        except NotARequestError as error:
            self._refuse(INVALID, because=str(error))
        else:
            self._go_on()

    @property
    def date(self) -> bytes:
        """The `date` header's line."""
        return self._serving.date

    def write(self, data: bytes) -> None:
        """Send, in the end."""
        self._transport.write(data)

    async def drained(self) -> None:
        """Return when there is room for more to send, or nobody to send it to."""
        if self._room is not None:
            await self._room.wait()

    def taken(self) -> None:
        """Go on reading: what had been read of a body is taken."""
        self._go_on()

    def answered(self, turn: Turn) -> None:
        """Go on with the next request, or end where this was the last."""
        self._turn = self._next.popleft() if self._next else None
        if not turn.keep_alive:
            self.hang_up()
        elif self._turn is None and self._last_words:
            self._say_last_words()
        else:
            self._go_on()

    def over(self, turn: Turn) -> None:
        """Note that the application has returned."""
        self._serving.end(turn)

    def hang_up(self) -> None:
        """End, once what was written is sent."""
        self._reader.close()
        self._next.clear()
        self._transport.close()

    def drain(self) -> None:
        """Answer what is under way, then end."""
        if self._turn is None:
            self.hang_up()
        else:
            self._turn.keep_alive = False

    def abort(self) -> None:
        """End at once."""
        self._transport.abort()

    def check(self, now: float) -> None:
        """Give up on a caller who is too slow. `now`: the loop's time, in seconds."""
        if self._stalls(now):
            self.abort()
        elif not self._transport.is_closing():
            if self._turn is not None and self._turn.task is None:
                self._serving.begin(self._turn)  # the application may know better than to wait for the rest
            if now >= self._until:
                self._give_up()

    def _take(self, scope: Scope, keep_alive: bool) -> Turn:
        turn = Turn(self, scope, keep_alive=keep_alive and self._loop.time() < self._old_at)
        self._wait_for(Wait.NOTHING)
        if self._turn is None:
            self._turn = turn
        else:
            self._next.append(turn)
        return turn

    def _go_on(self) -> None:
        """Begin a turn that can begin, then settle what to read and until when to wait for it."""
        turn, reading = self._turn, self._reader.turn
        if turn is not None and turn.task is None and (turn.whole or self._is_pressing(turn)):
            self._serving.begin(turn)
        held = bool(self._next) or (reading is not None and reading.unread > self._limits.read_ahead)
        if held is not self._held and not self._transport.is_closing():
            self._held = held
            if held:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()
        if held:
            self._wait_for(Wait.NOTHING)
        elif self._reader.in_head:
            self._wait_for(Wait.HEAD)
        elif reading is not None and not (reading.late and reading is turn):
            self._wait_for(Wait.BODY)
        else:
            self._wait_for(Wait.REQUEST if turn is None else Wait.NOTHING)

    def _is_pressing(self, turn: Turn) -> bool:
        """Whether the application is asked before the request has arrived whole."""
        return turn.unread > self._limits.read_ahead or turn.waits_to_continue

    def _wait_for(self, wait: Wait) -> None:
        """Note what for, and until when; the time does not begin anew with each byte."""
        if wait is not self._wait:
            self._wait = wait
            self._until = self._loop.time() + self._serving.waits[wait]

    def _give_up(self) -> None:
        if self._wait is Wait.HEAD:
            self._refuse(TOO_SLOW, because=self._wait.value)
        elif self._wait is Wait.BODY and self._turn is not None:
            self._turn.give_up()
            self._go_on()
        else:
            self.hang_up()

    def _stalls(self, now: float) -> bool:
        """Whether the caller has for long taken nothing of what was sent."""
        unsent = self._transport.get_write_buffer_size()
        if not unsent or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return now - self._unsent_since >= self._limits.stall_timeout

    def _refuse(self, text: str, *, because: str) -> None:
        log.info("not a request", because=because)
        broken = self._reader.turn
        self._reader.close()
        self._last_words = refusal(text, self.date)
        if broken is not None and broken in self._next:
            self._next.remove(broken)
        elif broken is not None:
            self._turn = None
            broken.leave()
            if not broken.sent_nothing:
                self.hang_up()
                return
        if self._turn is None:
            self._say_last_words()
        else:
            self._go_on()

    def _say_last_words(self) -> None:
        self.write(self._last_words)
        self.hang_up()


def _address(transport: asyncio.BaseTransport, name: str) -> tuple[str, int] | None:
    address = transport.get_extra_info(name)
    return (str(address[0]), int(address[1])) if address else None
