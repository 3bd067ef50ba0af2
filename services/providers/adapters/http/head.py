"""The head of a request, which holds nothing that could end one of its lines."""

import base64
import re
from collections.abc import Callable
from functools import lru_cache, partial
from string import punctuation
from urllib.parse import quote, unquote

from chassis.http_url import HttpUrl
from services.providers.application.ports import Headers

Head = Callable[[str, Headers], bytes]
"""Gives the head for what follows the authority of a URL and a call's own headers, up to the figure of its length.

Raises ValueError, which repeats nothing, where the headers cannot be sent.
"""

_KEPT = 64
"""Heads of a provider that are not written again: one for each of its keys and paths, mostly. 3.3 us each, 0.4 kept."""
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_VALUE = re.compile(r"[\t -~\x80-\xff]*").fullmatch
_OURS = frozenset({
    "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers that say how the message travels."""


def heads(origin: HttpUrl, proxy: HttpUrl | None) -> Head:
    """The heads of what is asked of `origin`; a proxy that reads them is given the whole URL, and its credentials."""
    host = authority(origin)
    before, more = "", ""
    if proxy is not None and origin.scheme == "http":
        before, more = f"http://{host}", credentials(proxy)
    return lru_cache(_KEPT)(
        partial(_write, before, f"host: {host}\r\naccept: */*\r\naccept-encoding: identity\r\n{more}")
    )


def authority(url: HttpUrl) -> str:
    """Host and port, without the user; no port where it is the scheme's own."""
    return str(HttpUrl(url.scheme, url.host, url.port)).partition("://")[2]


def credentials(proxy: HttpUrl) -> str:
    """The line that shows a proxy the user in its URL; empty where there is none."""
    if not proxy.user:
        return ""
    name, _, password = proxy.user.partition(":")
    shown = base64.b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
    return f"proxy-authorization: Basic {shown}\r\n"


def _write(before: str, always: str, rest: str, headers: Headers) -> bytes:
    target = quote(rest.partition("#")[0], safe=punctuation)
    if not target.startswith("/"):
        target = f"/{target}"
    for name, value in headers:
        if not _NAME(name) or not _VALUE(value) or name.lower() in _OURS:
            raise ValueError("a header cannot be sent")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"POST {before}{target} HTTP/1.1\r\n{always}{lines}content-length: ".encode("latin-1")
