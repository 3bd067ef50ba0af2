"""A POST endpoint that calls models: what they have in common, whatever they ask and answer."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Protocol

import msgspec

from chassis.http import Receive, Scope, Send, cancel_when_gone
from services.gateway.application.answer_once import AnswerOnce, Keyed, Part, Parts
from services.gateway.domain.options import Options
from services.gateway.entrypoints.http.options import options_of
from services.gateway.entrypoints.http.request import body_of, check_method, headers_of, secret_of, told_of

Headers = tuple[tuple[bytes, bytes], ...]

REPLAYED = (b"idempotent-replayed", b"true")
NOT_REPLAYED = (b"x-ratelimit-", b"retry-after", b"x-seawall-cost", b"x-seawall-overhead-ms")
"""Beginnings of headers that are true of one answer only, and not of the same answer given again."""


class Request(msgspec.Struct, frozen=True):
    """An HTTP request, read."""

    secret: str | None
    body: bytes
    options: Options
    traceparent: str | None
    headers: Mapping[str, str]
    """What a vendor of the caller's dialect is told."""


class Whole(msgspec.Struct, frozen=True):
    """An answer that is there."""

    status: int
    headers: Headers
    body: bytes
    kept: bool
    """A request that is made again under its idempotency key gets this answer again."""


class Chunk(msgspec.Struct, frozen=True):
    """A piece of an answer's body."""

    data: bytes
    last: bool = False
    kept: bool = False
    """Of the last one: as of a whole answer."""


class Streamed(msgspec.Struct, frozen=True):
    """An answer that has begun."""

    status: int
    headers: Headers
    chunks: AsyncGenerator[Chunk, None]
    """The last with `last`."""


Reply = Whole | Streamed


class Asked(Protocol):
    """A request that is answered."""

    async def reply(self) -> Reply:
        """The answer, once it has begun; asked for once."""


Answer = Callable[[Request], AbstractAsyncContextManager[Asked]]
"""To be entered at once; leaving it ends the work for the answer."""


class Endpoint:
    """Reads a request, has `answer` answer it, sends that; with an idempotency key, once.

    Where the caller leaves, the work for it ends, unless others wait for the same answer. `max_body`: bytes.
    """

    def __init__(self, answer: Answer, once: AnswerOnce, *, max_body: int) -> None:
        self._answer = answer
        self._once = once
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises Failure before anything was sent, or CallerLeftError."""
        check_method(scope, "POST")
        cancel_when_gone(scope)
        headers = headers_of(scope)
        request = Request(
            secret=secret_of(headers),
            body=await body_of(headers, receive, self._max_body),
            options=options_of(headers),
            traceparent=headers.get(b"traceparent"),
            headers=told_of(headers),
        )
        if request.options.idempotency_key:
            await self._serve_once(scope["path"], request, send)
        else:
            async with self._answer(request) as asked:
                await _send(await asked.reply(), send)

    async def _serve_once(self, path: str, request: Request, send: Send) -> None:
        options = request.options
        keyed = Keyed(request.secret, options.idempotency_key, path, request.body, options.timeout)
        async with (
            self._once(keyed, lambda: _to_parts(self._answer, request)) as answered,
            aclosing(answered.parts) as parts,
        ):
            await _send(await _to_reply(parts, replayed=answered.replayed), send)


async def _send(reply: Reply, send: Send) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    if isinstance(reply, Whole):
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})
        return
    async with aclosing(reply.chunks) as chunks:
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk.data, "more_body": not chunk.last})


async def _to_parts(answer: Answer, request: Request) -> Parts:
    """An answer as bytes: its head is the first part."""
    async with answer(request) as asked:
        reply = await asked.reply()
        yield Part(msgspec.msgpack.encode((reply.status, reply.headers)))
        if isinstance(reply, Whole):
            yield Part(reply.body, last=True, kept=reply.kept)
            return
        async with aclosing(reply.chunks) as chunks:
            async for chunk in chunks:
                yield Part(chunk.data, last=chunk.last, kept=chunk.kept)


_head_decoder = msgspec.msgpack.Decoder(tuple[int, Headers])


async def _to_reply(parts: Parts, *, replayed: bool) -> Reply:
    status, headers = _head_decoder.decode((await anext(parts)).data)
    if replayed:
        headers = (*(pair for pair in headers if not pair[0].startswith(NOT_REPLAYED)), REPLAYED)
    return Streamed(status, headers, _to_chunks(parts))


async def _to_chunks(parts: Parts) -> AsyncGenerator[Chunk, None]:
    async for part in parts:
        yield Chunk(part.data, last=part.last, kept=part.kept)
