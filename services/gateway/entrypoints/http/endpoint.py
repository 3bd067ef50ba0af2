"""A POST endpoint that calls models: what they have in common, whatever they ask and answer."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

import msgspec

from chassis.http import Receive, Scope, Send
from services.gateway.application.answer_once import AnswerOnce, Keyed, Part, Parts
from services.gateway.domain.options import Options
from services.gateway.entrypoints.http.options import options_of
from services.gateway.entrypoints.http.request import body_of, header, secret_of, told_of

Headers = tuple[tuple[bytes, bytes], ...]

REPLAYED = (b"idempotent-replayed", b"true")
NOT_REPLAYED = (b"x-ratelimit-", b"retry-after", b"x-seawall-cost", b"x-seawall-overhead-ms")
"""Beginnings of headers that are true of one answer only, and not of the same answer given again."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, read."""

    secret: str | None
    body: bytes
    options: Options
    traceparent: str | None
    headers: Mapping[str, str]
    """What a vendor of the caller's dialect is told."""


@dataclass(frozen=True, slots=True)
class Head:
    """How an answer begins."""

    status: int
    headers: Headers


@dataclass(frozen=True, slots=True)
class Chunk:
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
        body = await body_of(scope, receive, self._max_body)
        request = Request(secret_of(scope), body, options_of(scope), header(scope, b"traceparent"), told_of(scope))
        leaving = asyncio.create_task(_cancel_when_gone(receive, asyncio.current_task()))
        try:
            if request.options.idempotency_key:
                await self._serve_once(scope["path"], request, send, leaving)
            else:
                async with aclosing(self._answer(request)) as reply:
                    await _send(reply, send, leaving)
        except asyncio.CancelledError:
            if not leaving.done():
                raise  # the service stops; nobody left
        finally:
            leaving.cancel()

    async def _serve_once(self, path: str, request: Request, send: Send, leaving: "asyncio.Task[None]") -> None:
        options = request.options
        keyed = Keyed(request.secret, options.idempotency_key, path, request.body, options.timeout)
        async with (
            self._once(keyed, lambda: _to_parts(self._answer(request))) as answered,
            aclosing(_to_reply(answered.parts, replayed=answered.replayed)) as reply,
        ):
            await _send(reply, send, leaving)


async def _send(reply: Reply, send: Send, leaving: "asyncio.Task[None]") -> None:
    """Send an answer. Before its end, `leaving` is told to stop: what is answered whole is not to be cancelled."""
    async for piece in reply:
        if isinstance(piece, Head):
            await send({"type": "http.response.start", "status": piece.status, "headers": list(piece.headers)})
            continue
        if piece.last:
            leaving.cancel()
        await send({"type": "http.response.body", "body": piece.data, "more_body": not piece.last})


async def _cancel_when_gone(receive: Receive, request: "asyncio.Task[None] | None") -> None:
    """Cancel `request` where its caller hangs up; the body is read, so nothing else can arrive."""
    await receive()
    if request is not None:
        request.cancel()


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
