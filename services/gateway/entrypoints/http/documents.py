"""The pages that explain the API, to anybody: what errors mean, the OpenAPI document, and its explorer."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from chassis.http import Scope, Send
from chassis.pages import JSON, respond
from services.gateway.entrypoints.http.errors import REFERENCE, reference
from services.gateway.entrypoints.http.request import check_method, headers_of

OPENAPI = "/openapi.json"
EXPLORER = "/docs"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "require-trusted-types-for 'script'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""Of content security: what is shown comes from this gateway, and nothing in it is made into markup or code."""

_GUARDS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_ASSETS = files("services.gateway.entrypoints.http") / "explorer"


@dataclass(frozen=True, slots=True)
class Document:
    """What is served at a path. `asset`: its file among the explorer's; empty where it is made from the code."""

    summary: str
    content_type: str
    asset: str = ""


DOCUMENTS: Mapping[str, Document] = {
    REFERENCE: Document("What each error code means", "text/markdown; charset=utf-8"),
    OPENAPI: Document("This document", JSON),
    EXPLORER: Document("An explorer of this document", "text/html; charset=utf-8", "index.html"),
    f"{EXPLORER}/explorer.js": Document("The explorer's code", "text/javascript; charset=utf-8", "explorer.js"),
    f"{EXPLORER}/explorer.css": Document("The explorer's looks", "text/css; charset=utf-8", "explorer.css"),
}
"""By their paths."""


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    tag: str


class Documents:
    """Serves DOCUMENTS, each made when it is first asked for. `openapi` makes the OpenAPI document: 60 ms of work."""

    def __init__(self, openapi: Callable[[], str]) -> None:
        self._made = {REFERENCE: reference, OPENAPI: openapi}
        self._pages: dict[str, _Page] = {}

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer, without the body where the caller has it. Raises Failure(METHOD_NOT_ALLOWED)."""
        path = scope["path"]
        check_method(scope, "GET")
        page = self._pages.get(path)
        if page is None:
            page = self._pages[path] = await asyncio.to_thread(self._page, path)
        about = ((b"etag", page.tag.encode()), (b"cache-control", b"no-cache"), *_GUARDS)
        if _has(headers_of(scope).all(b"if-none-match"), page.tag):
            await send({"type": "http.response.start", "status": 304, "headers": list(about)})
            await send({"type": "http.response.body", "body": b""})
            return
        await respond(send, 200, DOCUMENTS[path].content_type, page.body, about)

    def _page(self, path: str) -> _Page:
        asset = DOCUMENTS[path].asset
        body = (_ASSETS / asset).read_bytes() if asset else self._made[path]().encode()
        return _Page(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _has(values: Iterable[str], tag: str) -> bool:
    told = {word.strip().removeprefix("W/") for value in values for word in value.split(",")}
    return tag in told or "*" in told
