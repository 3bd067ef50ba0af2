"""Reading an HTTP request: its headers and its body, each within bounds."""

import asyncio
from collections.abc import Sequence

from chassis.http import Message, Receive, Scope
from resilience.errors import Failure, Reason

TOLD = frozenset({b"anthropic-beta", b"anthropic-version"})
"""Headers that are passed on to a vendor of the caller's own dialect; what is not listed goes no further."""
DISCARD_TIMEOUT = 2.0
MAX_DISCARDED = 64_000_000
"""How long, and how many bytes of, a body over the limit is still read, so that its sender hears the answer."""


class RequestHeaders:
    """A request's headers by their lower-case names, gone through once."""

    __slots__ = ("_first", "_pairs")

    def __init__(self, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs
        self._first = dict(reversed(pairs))

    def get(self, name: bytes) -> str | None:
        """Value of a header; the first where it is sent twice."""
        value = self._first.get(name)
        return None if value is None else value.decode("latin-1")

    def all(self, name: bytes) -> list[str]:
        """Values of a header, in the order in which they were sent."""
        if name not in self._first:
            return []
        return [value.decode("latin-1") for key, value in self._pairs if key == name]

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether one of them was sent."""
        return not names.isdisjoint(self._first)


def headers_of(scope: Scope) -> RequestHeaders:
    """The headers of a request."""
    return RequestHeaders(scope["headers"])


def secret_of(headers: RequestHeaders) -> str | None:
    """The key that the caller shows: `Authorization: Bearer`, else `x-api-key`."""
    authorization = headers.get(b"authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        return secret.strip() if scheme.lower() == "bearer" else None
    return headers.get(b"x-api-key")


def told_of(headers: RequestHeaders) -> dict[str, str]:
    """What a vendor of the caller's own dialect is told; values of a header that is sent twice are one list."""
    if not headers.has_any(TOLD):
        return {}
    return {name.decode(): _printable(name.decode(), values) for name in TOLD if (values := headers.all(name))}


def _printable(name: str, values: list[str]) -> str:
    text = ",".join(value.strip() for value in values)
    if not (text.isascii() and text.isprintable()):
        raise Failure(Reason.INVALID_REQUEST, f"{name} is not printable ASCII.", detail={"param": name})
    return text


def check_method(scope: Scope, *allowed: str) -> None:
    """Raise Failure(METHOD_NOT_ALLOWED) unless the request's method is one of those that the path takes."""
    if scope["method"] not in allowed:
        words = ", ".join(allowed)
        raise Failure(Reason.METHOD_NOT_ALLOWED, f"This path takes {words} only.", detail={"allow": words})


class CallerLeftError(Exception):
    """The connection ended before the request did: there is nobody to answer."""


async def body_of(headers: RequestHeaders, receive: Receive, limit: int) -> bytes:
    """The whole body, at most `limit` bytes; how long it may take is the server's to say.

    Raises Failure(REQUEST_TOO_LARGE or REQUEST_TIMEOUT), or CallerLeftError.
    """
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limit:
        await _discard(receive)
        raise _too_large(limit)
    message = await _next_part(receive)
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False):
        message = await _next_part(receive)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            await _discard(receive)
            raise _too_large(limit)
    return b"".join(parts)


async def _discard(receive: Receive) -> None:
    """Read on for a little: a connection that is closed on a caller who still sends takes the answer with it."""
    size = 0
    try:
        async with asyncio.timeout(DISCARD_TIMEOUT):
            while size < MAX_DISCARDED:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


async def _next_part(receive: Receive) -> Message:
    try:
        message = await receive()
    except TimeoutError:
        raise Failure(Reason.REQUEST_TIMEOUT, "The body did not arrive in time.", retryable=True) from None
    if message["type"] == "http.disconnect":
        raise CallerLeftError
    return message


def _too_large(limit: int) -> Failure:
    return Failure(Reason.REQUEST_TOO_LARGE, f"The body is over {limit} bytes.")
