"""One connection to a vendor, over which one request after another is sent."""

import asyncio
from typing import Protocol

from services.providers.adapters.http.answer import Answer

_JOINED = 128 * 1024
"""Bytes of a body up to which it is copied behind its head, so that one write sends both."""


class Home(Protocol):
    """Where a connection is between two requests."""

    def give(self, connection: "Connection") -> None:
        """It may serve again."""
        ...

    def lost(self, connection: "Connection") -> None:
        """It is closed. Called once, and last."""
        ...


class Connection(asyncio.Protocol):
    """`usable`: nothing is known against sending a request. `idle_since`: when it came home, see Clock.monotonic."""

    __slots__ = ("_answer", "_home", "_loop", "_transport", "idle_since", "usable")

    def __init__(self, transport: asyncio.Transport, home: Home) -> None:
        self.usable = True
        self.idle_since = 0.0
        self._transport = transport
        self._home = home
        self._answer: Answer | None = None
        self._loop = asyncio.get_running_loop()
        transport.set_protocol(self)

    def exchange(self, head: bytes, body: bytes) -> Answer:
        """Send a request, whose head lacks no more than its length; the answer comes by and by."""
        answer = self._answer = Answer(self, self._loop)
        if len(body) <= _JOINED:
            self._transport.write(b"%b%d\r\n\r\n%b" % (head, len(body), body))
        else:
            self._transport.writelines((b"%b%d\r\n\r\n" % (head, len(body)), body))
        return answer

    def abort(self) -> None:
        """See Carrier."""
        self._leave()
        self._transport.abort()

    def pause(self) -> None:
        """See Carrier."""
        self._transport.pause_reading()

    def resume(self) -> None:
        """See Carrier."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        answer = self._answer
        if answer is None:
            # Nobody asked for anything: what it is cannot be the answer to the next request.
            self.abort()
            return
        answer.feed(data)
        if answer.over:
            self._answer = None
            # A vendor may answer before it has heard all; what is left of the request must not lead into the next one.
            if answer.reusable and self.usable and not self._transport.get_write_buffer_size():
                self._home.give(self)
            else:
                self.abort()

    def eof_received(self) -> None:
        """See asyncio.Protocol."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.closed()
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever it is
        """See asyncio.Protocol."""
        self._leave()
        self._home.lost(self)

    def _leave(self) -> None:
        self.usable = False
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.lost()
