"""A POST endpoint that calls models: what they have in common, whatever they ask and answer."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

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


class Head(msgspec.Struct, frozen=True):
    """How an answer begins."""

    status: int
    headers: Headers


class Chunk(msgspec.Struct, frozen=True):
    """A piece of the answer's body."""

    data: bytes
    last: bool = False
    kept: bool = False
    """Of the last one: a request that is made again under its idempotency key gets this answer again."""


Reply = AsyncGenerator[Head | Chunk, None]
"""A head, then chunks, the last with `last`. Where it is closed earlier, nobody waits for the rest."""


class Endpoint:
    """Reads a request, has `answer` answer it, sends that; with an idempotency key, once.

    Where the caller leaves, the work for it ends, unless others wait for the same answer. `max_body`: bytes.
    """

    def __init__(self, answer: Callable[[Request], Reply], once: AnswerOnce, *, max_body: int) -> None:
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
            async with aclosing(self._answer(request)) as reply:
                await _send(reply, send)

    async def _serve_once(self, path: str, request: Request, send: Send) -> None:
        options = request.options
        keyed = Keyed(request.secret, options.idempotency_key, path, request.body, options.timeout)
        async with (
            self._once(keyed, lambda: _to_parts(self._answer(request))) as answered,
            aclosing(_to_reply(answered.parts, replayed=answered.replayed)) as reply,
        ):
            await _send(reply, send)


async def _send(reply: Reply, send: Send) -> None:
    async for piece in reply:
        if isinstance(piece, Head):
            await send({"type": "http.response.start", "status": piece.status, "headers": piece.headers})
        else:
            await send({"type": "http.response.body", "body": piece.data, "more_body": not piece.last})


async def _to_parts(reply: Reply) -> Parts:
    """A reply as bytes: its head is the first part."""
    async with aclosing(reply):
        async for piece in reply:
            if isinstance(piece, Head):
                yield Part(msgspec.msgpack.encode((piece.status, piece.headers)))
            else:
                yield Part(piece.data, last=piece.last, kept=piece.kept)


_head_decoder = msgspec.msgpack.Decoder(tuple[int, Headers])


async def _to_reply(parts: Parts, *, replayed: bool) -> Reply:
    async with aclosing(parts):
        status, headers = _head_decoder.decode((await anext(parts)).data)
        if replayed:
            headers = (*(pair for pair in headers if not pair[0].startswith(NOT_REPLAYED)), REPLAYED)
        yield Head(status, headers)
        async for part in parts:
            yield Chunk(part.data, last=part.last, kept=part.kept)
