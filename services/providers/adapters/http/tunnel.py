"""CONNECT: has a proxy lead a connection on to a vendor, so that it sees the vendor's name alone (RFC 9110, 9.3.6)."""

import asyncio

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from chassis.http_url import HttpUrl
from services.providers.adapters.http.answer import MAX_HEAD
from services.providers.adapters.http.head import credentials
from services.providers.adapters.http.unreachable import PROXY_REFUSED, NotConnectedError

_OK = range(200, 300)


async def tunnel(transport: asyncio.Transport, proxy: HttpUrl, origin: HttpUrl) -> None:
    """Return when what is sent reaches `origin`. Raises NotConnectedError; whoever calls then closes `transport`."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    there = f"{host}:{origin.port}"
    opening = _Opening(asyncio.get_running_loop().create_future())
    transport.set_protocol(opening)
    transport.write(f"CONNECT {there} HTTP/1.1\r\nhost: {there}\r\n{credentials(proxy)}\r\n".encode("latin-1"))
    if await opening.status not in _OK:
        raise NotConnectedError(PROXY_REFUSED)


class _Opening(asyncio.Protocol):
    """The proxy's answer, of which only the head is read. `status`: 0 where there is none."""

    def __init__(self, status: asyncio.Future[int]) -> None:
        self.status = status
        self._parser = HttpResponseParser(self)
        self._read = 0

    def data_received(self, data: bytes) -> None:
        self._read += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._told(0)
        if self._read > MAX_HEAD:
            self._told(0)

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= _OK.start:
            self._told(status)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever it is
        self._told(0)

    def _told(self, status: int) -> None:
        if not self.status.done():
            self.status.set_result(status)
