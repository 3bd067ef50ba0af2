"""Server-sent events, read as they come (WHATWG HTML, section 9.2.6)."""

import re
from collections.abc import Iterator

from resilience.errors import Reason
from services.providers.domain.failure import VendorFailure

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class SseParser:
    """Turns pieces of a stream, split at any byte, into the data of its events.

    `max_event`: bytes that one event may have, framing included. Event names, ids and retry times are left out: the
    dialects that use this tell what an event is in its data.
    """

    def __init__(self, *, max_event: int) -> None:
        self._max_event = max_event
        self._rest = bytearray()
        self._searched = 0
        self._data: list[bytes] = []
        self._size = 0
        self._first_line = True
        self._after_cr = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The data of the events that `piece` completes.

        Raises VendorFailure(VENDOR_RESPONSE_TOO_LARGE) after the events before the one that is too large.
        """
        if self._after_cr and piece:
            # A CR ends a line by itself, so the event did not wait for this LF; it is the other half of that end.
            self._after_cr = False
            piece = piece.removeprefix(b"\n")
        self._rest += piece
        begin = 0
        try:
            while (end := _LINE_END.search(self._rest, max(begin, self._searched))) is not None:
                line = bytes(self._rest[begin : end.start()])
                begin = end.end()
                self._after_cr = begin == len(self._rest) and self._rest[begin - 1] == _CR
                event = self._line(line)
                if event is not None:
                    yield event
        finally:
            del self._rest[:begin]
            self._searched = len(self._rest)
        self._check(len(self._rest))

    def rest(self) -> bytes:
        """The data of an event that the end of the stream left without its blank line; its last line may be cut."""
        tail = bytes(self._rest)
        if tail.startswith(b"data:"):
            return b"\n".join([*self._data, tail[5:].removeprefix(b" ")])
        return b"\n".join(self._data)

    def _line(self, line: bytes) -> bytes | None:
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._dispatch()
        if line.startswith(b"data:"):
            self._keep(line[5:].removeprefix(b" "))
        elif line == b"data":
            self._keep(b"")
        return None

    def _keep(self, data: bytes) -> None:
        self._check(len(data))
        self._data.append(data)
        self._size += len(data)

    def _dispatch(self) -> bytes | None:
        if not self._data:
            return None
        event = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        return event

    def _check(self, more: int) -> None:
        if self._size + more > self._max_event:
            raise VendorFailure(
                Reason.VENDOR_RESPONSE_TOO_LARGE, why="An event of the vendor's stream is larger than what is accepted."
            )


_CR = 0x0D
