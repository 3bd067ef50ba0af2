"""Reading an HTTP request: its headers and its body, each within bounds."""

import asyncio
from collections.abc import Iterable, Iterator

from chassis.http import Receive, Scope
from resilience.errors import Failure, Reason

BODY_TIMEOUT = 30.0
"""Seconds for a body to arrive whole."""
TOLD = frozenset({b"anthropic-beta", b"anthropic-version"})
"""Headers that are passed on to a vendor of the caller's own dialect; what is not listed goes no further."""
DISCARD_TIMEOUT = 2.0
MAX_DISCARDED = 64_000_000
"""How long, and how many bytes of, a body over the limit is still read, so that its sender hears the answer."""


def header(scope: Scope, name: bytes) -> str | None:
    """Value of a header, by its lower-case name; the first where it is sent twice."""
    return next(headers(scope, name), None)


def headers(scope: Scope, name: bytes) -> Iterator[str]:
    """Values of a header, by its lower-case name, in the order in which they were sent."""
    pairs: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return (value.decode("latin-1") for key, value in pairs if key == name)


def secret_of(scope: Scope) -> str | None:
    """The key that the caller shows: `Authorization: Bearer`, else `x-api-key`."""
    authorization = header(scope, b"authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        return secret.strip() if scheme.lower() == "bearer" else None
    return header(scope, b"x-api-key")


def told_of(scope: Scope) -> dict[str, str]:
    """What a vendor of the caller's own dialect is told; values of a header that is sent twice are one list."""
    told: dict[str, str] = {}
    pairs: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for key, value in pairs:
        if key in TOLD:
            name, text = key.decode(), value.decode("latin-1").strip()
            if not (text.isascii() and text.isprintable()):
                raise Failure(Reason.INVALID_REQUEST, f"{name} is not printable ASCII.", detail={"param": name})
            told[name] = f"{told[name]},{text}" if name in told else text
    return told


def check_method(scope: Scope, *allowed: str) -> None:
    """Raise Failure(METHOD_NOT_ALLOWED) unless the request's method is one of those that the path takes."""
    if scope["method"] not in allowed:
        words = ", ".join(allowed)
        raise Failure(Reason.METHOD_NOT_ALLOWED, f"This path takes {words} only.", detail={"allow": words})


class CallerLeftError(Exception):
    """The connection ended before the request did: there is nobody to answer."""


async def body_of(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body, at most `limit` bytes.

    Raises Failure(REQUEST_TOO_LARGE or REQUEST_TIMEOUT), or CallerLeftError.
    """
    declared = header(scope, b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limit:
        await _discard(receive)
        raise _too_large(limit)
    message = await _next_part(receive, None)
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts, size = [body], len(body)
    deadline = asyncio.get_running_loop().time() + BODY_TIMEOUT
    while message.get("more_body", False):
        message = await _next_part(receive, deadline)
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


async def _next_part(receive: Receive, deadline: float | None) -> Scope:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(deadline if deadline is not None else loop.time() + BODY_TIMEOUT):
            message = await receive()
    except TimeoutError:
        raise Failure(
            Reason.REQUEST_TIMEOUT, f"The body did not arrive within {BODY_TIMEOUT:g} s.", retryable=True
        ) from None
    if message["type"] == "http.disconnect":
        raise CallerLeftError
    return message


def _too_large(limit: int) -> Failure:
    return Failure(Reason.REQUEST_TOO_LARGE, f"The body is over {limit} bytes.")
