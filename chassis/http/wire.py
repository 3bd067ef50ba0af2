"""Small pieces of HTTP: lines, whole answers of the server's own, a request's target."""

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import unquote

import httptools

PHRASES = {status.value: status.phrase for status in HTTPStatus}
STATUS_LINES = {status: f"HTTP/1.1 {status} {PHRASES.get(status, '')}".encode() for status in range(200, 600)}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def head(lines: list[bytes]) -> bytes:
    """An answer's head: a status line and headers. Raises RuntimeError where a line would be read as two."""
    text = b"\r\n".join(lines)
    breaks = len(lines) - 1
    if text.count(b"\n") != breaks or text.count(b"\r") != breaks or b"\0" in text:
        raise RuntimeError("a header of the answer holds a line break or a NUL")
    return text + b"\r\n\r\n"


def refusal(text: str, date: bytes) -> bytes:
    """The whole answer to what is no request; the connection ends with it."""
    body = text.encode()
    about = (b"content-type: text/plain; charset=utf-8", b"content-length: %d" % len(body), b"connection: close")
    return head([STATUS_LINES[400], date, *about]) + body


@lru_cache(maxsize=256)  # the same few are asked for again and again
def target(url: bytes) -> tuple[str, bytes, bytes]:
    """Path, path as it was sent, and query of a request's target, absolute or not. Raises ValueError."""
    try:
        parsed = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError as error:
        raise ValueError("the target is none") from error
    raw = parsed.path or b"/"  # of `http://host`
    path = raw.decode("ascii")
    return unquote(path) if "%" in path else path, raw, parsed.query or b""


def without_upgrade(method: bytes, url: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A request's head again, as if its sender had not wished for another protocol."""
    lines = [name + b": " + value for name, value in headers if name != b"upgrade"]
    return b"\r\n".join([b"%b %b HTTP/%b" % (method, url, version.encode()), *lines, b"", b""])
