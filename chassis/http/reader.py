"""Reading requests out of a connection's bytes, as httptools (llhttp) parses them."""

from collections.abc import Callable
from typing import cast

import httptools

from chassis.http.asgi import CANCEL_WHEN_GONE, Scope
from chassis.http.turn import Turn
from chassis.http.wire import target, without_upgrade

VERSIONS = frozenset({"1.0", "1.1"})


class NotARequestError(Exception):
    """What arrived is none, or more than is read."""


class Reader:
    """The requests on one connection.

    Each is told to `take` with its scope, and whether another one may follow, once its headers are there; the turn
    that `take` returns is given the body. A wish for another protocol is not heard. `on_...` are the parser's.
    """

    def __init__(
        self, take: Callable[[Scope, bool], Turn], *, client: object, server: object, max_header_bytes: int
    ) -> None:
        self._take = take
        self._client = client
        self._server = server
        self._max = max_header_bytes
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self.in_head = True
        """Whether a request has begun whose headers are not there; or none has, on a new connection."""
        self.turn: Turn | None = None
        """Whose body arrives; its answer may have ended already."""
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._again = b""
        self._unmoved = 0
        """Bytes read since the last that brought a request on."""

    def read(self, data: bytes) -> None:
        """Parse what came. Raises NotARequestError; what is read after that is not looked at."""
        if self._parser is None:
            return
        self._unmoved += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._parser = httptools.HttpRequestParser(self)
            self.read(self._again + data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            raise NotARequestError(str(error.__context__ or error)) from error
        if self._unmoved > self._max:
            raise NotARequestError("too much stands around the parts of a request")

    def close(self) -> None:
        """Read nothing any more."""
        self._parser = self.turn = None
        self.in_head = False

    def on_message_begin(self) -> None:
        """A request begins."""
        self.in_head = True
        self._url = b""
        self._headers = []

    def on_url(self, part: bytes) -> None:
        """A part of its target."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or what follows a chunked body, which is too late to go by."""
        if self.in_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The body comes next."""
        parser = cast("httptools.HttpRequestParser", self._parser)
        method, version, headers = parser.get_method(), parser.get_http_version(), self._headers
        path, raw_path, query = target(self._url)
        if version not in VERSIONS:
            raise NotARequestError(f"HTTP/{version} is not spoken here")
        if self._unmoved > self._max and self._head_bytes() > self._max:
            raise NotARequestError("the headers are too large")
        self.in_head = False
        self._unmoved = 0
        if parser.should_upgrade():
            self._again = without_upgrade(method, self._url, version, headers)
            return
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "method": method.decode("ascii"),
            "scheme": "http",
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": headers,
            "client": self._client,
            "server": self._server,
            "extensions": {CANCEL_WHEN_GONE: False},
        }
        self.turn = self._take(scope, version != "1.0" and parser.should_keep_alive())

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        self._unmoved = 0
        if self.turn is not None:
            self.turn.feed(part)

    def on_message_complete(self) -> None:
        """The request has ended."""
        self._unmoved = 0
        turn, self.turn = self.turn, None
        if turn is not None:
            turn.complete()

    def _head_bytes(self) -> int:
        return len(self._url) + sum(len(name) + len(value) for name, value in self._headers)
