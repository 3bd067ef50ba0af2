"""POST /v1/chat/completions: decode, call, encode; whole or as server-sent events."""

import asyncio
from collections.abc import AsyncGenerator

import structlog

from chassis.http import Receive, Scope, Send
from chassis.pages import JSON, respond
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Frame
from services.gateway.domain.usage import dollars
from services.gateway.entrypoints.exchange import Exchanges
from services.gateway.entrypoints.http.errors import error_body, error_headers, status_of
from services.gateway.entrypoints.http.options import options_of
from services.gateway.entrypoints.http.request import body_of, header, secret_of

Headers = tuple[tuple[bytes, bytes], ...]

log = structlog.stdlib.get_logger("http")

DONE = b"data: [DONE]\n\n"


class ChatCompletions:
    """The endpoint. `max_body`: bytes."""

    def __init__(self, exchanges: Exchanges, clock: Clock, *, max_body: int) -> None:
        self._exchanges = exchanges
        self._clock = clock
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one chat. Where the caller leaves, the work for it ends."""
        body = await body_of(scope, receive, self._max_body)
        options = options_of(scope)
        leaving = asyncio.create_task(_cancel_when_gone(receive, asyncio.current_task()))
        try:
            async with self._exchanges.open(
                secret=secret_of(scope),
                body=body,
                stream=None,
                options=options,
                traceparent=header(scope, b"traceparent"),
            ) as (exchange, frames):
                await self._answer(exchange, frames, send, leaving)
        except asyncio.CancelledError:
            if not leaving.done():
                raise  # the service stops; nobody left
        finally:
            leaving.cancel()

    async def _answer(
        self, exchange: Exchange, frames: AsyncGenerator[Frame, None], send: Send, leaving: "asyncio.Task[None]"
    ) -> None:
        """Send the answer. Before its end, `leaving` is told to stop: what is answered whole is not to be cancelled."""
        try:
            first = await anext(frames)
        except Exception as error:  # noqa: BLE001 - the edge: whatever failed, the caller gets an error of ours
            failure = _as_failure(error, exchange)
            leaving.cancel()
            await respond(
                send,
                status_of(failure),
                JSON,
                error_body(failure, exchange.id),
                (*self._headers(exchange), *error_headers(failure)),
            )
            return
        if exchange.stream:
            await self._stream(exchange, first, frames, send, leaving)
        else:
            leaving.cancel()
            await respond(send, 200, JSON, first.data, self._headers(exchange))

    async def _stream(
        self,
        exchange: Exchange,
        first: Frame,
        frames: AsyncGenerator[Frame, None],
        send: Send,
        leaving: "asyncio.Task[None]",
    ) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-cache"),
                    (b"x-accel-buffering", b"no"),
                    *self._headers(exchange),
                ],
            }
        )
        try:
            await _send_event(send, first.data)
            async for frame in frames:
                await _send_event(send, frame.data)
        except Exception as error:  # noqa: BLE001 - as above; the status is sent, so the error is the last event
            failure = _as_failure(error, exchange)
            await _send_event(send, error_body(failure, exchange.id))
            last = b""
        else:
            last = DONE
        leaving.cancel()
        await send({"type": "http.response.body", "body": last})

    def _headers(self, exchange: Exchange) -> Headers:
        """What Seawall did, as far as it is known when the headers leave."""
        attempts = exchange.attempts
        now = self._clock.monotonic()
        overhead = now - exchange.started - exchange.asking(now)
        headers = [
            (b"x-seawall-request-id", exchange.id.encode()),
            (b"x-seawall-attempts", str(len(attempts)).encode()),
            (b"x-seawall-overhead-ms", f"{overhead * 1000:.3f}".encode()),
        ]
        if exchange.target and exchange.reason is None:
            headers.append((b"x-seawall-target", exchange.target.encode("latin-1", "replace")))
        if exchange.cost is not None:
            headers.append((b"x-seawall-cost", dollars(exchange.cost).encode()))
        if exchange.limit is not None:
            headers += [
                (b"x-ratelimit-limit-requests", str(exchange.limit.limit).encode()),
                (b"x-ratelimit-remaining-requests", str(exchange.limit.remaining).encode()),
                (b"x-ratelimit-reset-requests", f"{exchange.limit.reset:.3f}s".encode()),
            ]
        return tuple(headers)


async def _send_event(send: Send, data: bytes) -> None:
    if data:
        await send({"type": "http.response.body", "body": b"data: " + data + b"\n\n", "more_body": True})


async def _cancel_when_gone(receive: Receive, request: "asyncio.Task[None] | None") -> None:
    """Cancel `request` where its caller hangs up; the body is read, so nothing else can arrive."""
    await receive()
    if request is not None:
        request.cancel()


def _as_failure(error: Exception, exchange: Exchange) -> Failure:
    if isinstance(error, Failure):
        return error
    log.error("a request failed", request_id=exchange.id, exc_info=error)
    return Failure(Reason.INTERNAL, "Something failed inside Seawall; its logs tell what.")
