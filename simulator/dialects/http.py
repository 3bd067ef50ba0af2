"""Requests read and small answers sent, over bare ASGI."""

from __future__ import annotations

import asyncio

from simulator.delivery import JSON, ClientLeftError, Headers
from simulator.dialects.rejected import RejectedError
from simulator.listener import Receive, Scope, Send

BODY_DEADLINE_SECONDS = 30.0


async def read_body(receive: Receive, largest: int) -> bytes:
    """Read a request's body; raises RejectedError where it is larger than `largest` bytes or does not come in time.

    Raises ClientLeftError where the caller leaves.
    """
    message = await receive()
    if message["type"] == "http.request" and not message["more_body"]:
        whole: bytes = message["body"]
        _check_size(len(whole), largest)
        return whole
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_DEADLINE_SECONDS):
            while message["type"] == "http.request":
                parts += message["body"]
                _check_size(len(parts), largest)
                if not message["more_body"]:
                    return bytes(parts)
                message = await receive()
    except TimeoutError:
        raise RejectedError(408, "The request's body did not arrive in time.") from None
    raise ClientLeftError


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        raise RejectedError(413, f"The request is larger than {largest} bytes.")


def header(scope: Scope, name: bytes) -> str:
    """Return a header's value; empty where there is none."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return ""


async def respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a whole response of JSON."""
    start = [JSON, (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
