"""The bytes of an answer: its head, and its body framed as the head says."""

from collections.abc import Iterable

from chassis.http.wire import LAST_CHUNK, STATUS_LINES, head

BODILESS = frozenset({204, 304})


class Answer:
    """One answer, part by part; the head goes with the first part of the body.

    `method` and `version`: the request's. `closes`: the connection ends with it, which its headers may want too.
    """

    __slots__ = ("_chunked", "_head", "_left", "_silent", "closes")

    def __init__(
        self,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        *,
        date: bytes,
        method: str,
        version: str,
        closes: bool,
    ) -> None:
        lines = [STATUS_LINES[status], date]
        left = None
        for name, value in headers:
            if name == b"content-length":
                left = int(value)
            elif name == b"connection":
                closes = closes or b"close" in value.lower()
                continue
            elif name == b"transfer-encoding":
                continue  # ASGI leaves it to the server
            lines.append(name + b": " + value)
        self._silent = method == "HEAD" or status in BODILESS
        self._left = left
        self._chunked = left is None and not self._silent and version != "1.0"
        if self._chunked:
            lines.append(b"transfer-encoding: chunked")
        if closes:
            lines.append(b"connection: close")
        self.closes = closes
        self._head = head(lines)

    @property
    def unsent(self) -> bool:
        """Whether nothing of it was asked for yet."""
        return bool(self._head)

    def part(self, body: bytes, *, last: bool) -> bytes:
        """What is to be sent for a part of the body. Raises RuntimeError where the head said another length."""
        if self._chunked:
            if body:
                body = b"%x\r\n%b\r\n" % (len(body), body)
            if last:
                body += LAST_CHUNK
        elif self._silent:
            body = b""
        elif self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (last and self._left):
                raise RuntimeError("the answer's body is not as long as its content-length")
        if self._head:
            body, self._head = self._head + body, b""
        return body
