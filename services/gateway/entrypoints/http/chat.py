"""A POST that asks for a chat, in any dialect: decode, call, encode; whole or as server-sent events."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Self
from urllib.parse import quote

import structlog

from chassis.pages import JSON
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.application.answer import Answer
from services.gateway.application.answer_once import is_final
from services.gateway.application.exchange import Exchange
from services.gateway.domain.dialect import Dialect
from services.gateway.domain.usage import dollars
from services.gateway.entrypoints.exchange import Exchanges, Opened
from services.gateway.entrypoints.http.endpoint import Chunk, Headers, Reply, Request, Streamed, Whole
from services.gateway.entrypoints.http.errors import error_headers, error_of

log = structlog.stdlib.get_logger("http")

MOST_DROPPED = 50
"""Names of dropped fields in a header, each cut off at MOST_NAME characters."""
MOST_NAME = 100
JSON_TYPE = (b"content-type", JSON.encode())
STREAM_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


class Chats:
    """What the endpoint of a dialect answers."""

    def __init__(self, exchanges: Exchanges, dialect: Dialect, clock: Clock) -> None:
        self._exchanges = exchanges
        self._dialect = dialect
        self._clock = clock

    def __call__(self, request: Request) -> "Chat":
        """Ask for one chat."""
        opened = self._exchanges.open(
            secret=request.secret,
            body=request.body,
            stream=None,
            options=request.options,
            traceparent=request.traceparent,
            dialect=self._dialect,
            headers=request.headers,
        )
        return Chat(opened, self._dialect, self._clock)


class Chat:
    """One chat, or why there is none; see Answer and Asked."""

    __slots__ = ("_clock", "_dialect", "_opened")

    def __init__(self, opened: Opened, dialect: Dialect, clock: Clock) -> None:
        self._opened = opened
        self._dialect = dialect
        self._clock = clock

    async def reply(self) -> Reply:
        """The answer, or the error that is told in its place."""
        exchange = self._opened.exchange
        try:
            answer = await self._opened.answer()
        except Exception as error:  # noqa: BLE001 - the edge: whatever failed, the caller gets an error of ours
            failure = _as_failure(error, exchange)
            status, body = error_of(failure, exchange.id, self._dialect)
            return _whole(status, body, (*self._headers(exchange), *error_headers(failure)), kept=is_final(failure))
        if exchange.stream:
            return Streamed(200, (*STREAM_HEADERS, *self._headers(exchange)), _events(exchange, answer))
        return _whole(200, answer.first.data, self._headers(exchange), kept=True)

    async def __aenter__(self) -> Self:
        await self._opened.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._opened.__aexit__(kind, error, traceback)

    def _headers(self, exchange: Exchange) -> Headers:
        """What Seawall did, as far as it is known when the headers leave."""
        now = self._clock.monotonic()
        overhead = now - exchange.started - exchange.asking(now)
        request_id = exchange.id.encode()
        headers = [
            (b"x-seawall-request-id", request_id),
            (self._dialect.request_id_header, request_id),
            (b"x-seawall-attempts", b"%d" % len(exchange.attempts)),
            (b"x-seawall-overhead-ms", b"%.3f" % (overhead * 1000)),
        ]
        if exchange.target and exchange.reason is None:
            headers.append((b"x-seawall-target", exchange.target.encode("latin-1", "replace")))
        headers += _how(exchange)
        if exchange.cost is not None:
            headers.append((b"x-seawall-cost", dollars(exchange.cost).encode()))
        if exchange.limit is not None:
            headers += [
                (b"x-ratelimit-limit-requests", str(exchange.limit.limit).encode()),
                (b"x-ratelimit-remaining-requests", str(exchange.limit.remaining).encode()),
                (b"x-ratelimit-reset-requests", f"{exchange.limit.reset:.3f}s".encode()),
            ]
        return tuple(headers)


def _whole(status: int, body: bytes, headers: Headers, *, kept: bool) -> Whole:
    return Whole(status, (JSON_TYPE, (b"content-length", b"%d" % len(body)), *headers), body, kept)


async def _events(exchange: Exchange, answer: Answer) -> AsyncGenerator[Chunk, None]:
    """The answer as server-sent events. The status is sent, so that an error is the last event."""
    dialect = exchange.dialect
    event, events = dialect.event, 0
    if not answer.first.data:
        yield Chunk(b"")  # the head leaves with it: the answer has begun, though nothing is said yet
    try:
        async with aclosing(answer.frames()) as frames:
            async for frame in frames:
                if frame.data:
                    events += 1
                    yield Chunk(event(frame.data))
    except Exception as error:  # noqa: BLE001 - the edge, as above
        _, body = error_of(_as_failure(error, exchange), exchange.id, dialect, events=events)
        yield Chunk(event(body), last=True)
    else:
        yield Chunk(dialect.end, last=True, kept=True)


def _as_failure(error: Exception, exchange: Exchange) -> Failure:
    if isinstance(error, Failure):
        return error
    log.error("a request failed", request_id=exchange.id, exc_info=error)
    return Failure(Reason.INTERNAL, "Something failed inside Seawall; its logs tell what.")


def _how(exchange: Exchange) -> list[tuple[bytes, bytes]]:
    """Where the answer is from, if it is not simply what a target of the route said."""
    headers = []
    if exchange.cache is not None or exchange.cache_key is not None:
        cache = exchange.cache.value if exchange.cache is not None else "miss"
        headers.append((b"x-seawall-cache", cache.encode()))
    if exchange.age is not None:
        headers.append((b"age", str(int(exchange.age)).encode()))
    if exchange.degraded is not None:
        headers.append((b"x-seawall-degraded", exchange.degraded.value.encode()))
    if exchange.continued_at is not None:
        headers.append((b"x-seawall-continued-at", str(exchange.continued_at).encode()))
    if exchange.estimated:
        headers.append((b"x-seawall-estimated", b"true"))
    if exchange.dropped:
        headers.append((b"x-seawall-dropped", _names(exchange.dropped)))
    return headers


def _names(fields: tuple[str, ...]) -> bytes:
    """Names that callers made up, fit for a header; `...` stands for those that are too many."""
    names = [quote(name[:MOST_NAME], safe="[]") for name in fields[:MOST_DROPPED]]
    return ", ".join(names if len(fields) <= MOST_DROPPED else [*names, "..."]).encode()
