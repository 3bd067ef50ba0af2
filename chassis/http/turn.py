"""One request's turn on a connection: what the application receives, and what it sends."""

import asyncio
from typing import Protocol

import structlog

from chassis.http.answer import Answer
from chassis.http.asgi import CANCEL_WHEN_GONE, App, Message, Scope
from chassis.http.wire import CONTINUE

log = structlog.stdlib.get_logger("http")

FAILED: tuple[Message, Message] = (
    {
        "type": "http.response.start",
        "status": 500,
        "headers": [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"21"),
            (b"connection", b"close"),
        ],
    },
    {"type": "http.response.body", "body": b"Internal Server Error"},
)


class Line(Protocol):
    """The connection, as far as a turn knows it."""

    @property
    def date(self) -> bytes:
        """The `date` header's line."""

    def write(self, data: bytes) -> None:
        """Send, in the end."""

    async def drained(self) -> None:
        """Return when there is room for more to send, or nobody to send it to."""

    def taken(self) -> None:
        """Go on reading: what had been read of the body is taken."""

    def answered(self, turn: "Turn") -> None:
        """Go on with the next request, or end where this was the last."""

    def hang_up(self) -> None:
        """End, once what was written is sent."""

    def over(self, turn: "Turn") -> None:
        """Note that the application has returned."""


class Turn:
    """A request as an ASGI application sees it: its task's, from `start` on. The connection tells it what arrives."""

    __slots__ = (
        "_answer",
        "_body",
        "_continued",
        "_line",
        "_news",
        "_told",
        "done",
        "gone",
        "keep_alive",
        "late",
        "scope",
        "task",
        "unread",
        "whole",
    )

    def __init__(self, line: Line, scope: Scope, *, keep_alive: bool) -> None:
        self._line = line
        self.scope = scope
        self.keep_alive = keep_alive
        """Whether another request may follow."""
        self.task: asyncio.Task[None] | None = None

        self._body: list[bytes] = []
        self.unread = 0
        """Bytes of the body that have arrived and were not taken."""
        self.whole = False
        """Whether the request's end has arrived."""
        self.late = False
        """Whether the rest of it comes too late."""
        self._told = False
        self._continued = False
        self._news: asyncio.Event | None = None

        self._answer: Answer | None = None
        self.gone = False
        """Whether there is nobody to answer."""
        self.done = False
        """Whether the answer's end was sent."""

    def start(self, app: App, loop: asyncio.AbstractEventLoop) -> None:
        """Have the application answer."""
        self.task = loop.create_task(self._run(app))

    def feed(self, body: bytes) -> None:
        """Take a part of the body, which is of no use once the answer has ended."""
        if not self.done:
            self._body.append(body)
            self.unread += len(body)
            self._tell()

    def complete(self) -> None:
        """Note the request's end."""
        self.whole = True
        self._tell()

    def give_up(self) -> None:
        """Note that the rest of the body comes too late."""
        self.late = True
        self._tell()

    def leave(self) -> None:
        """Note that the caller is gone."""
        self.gone = True
        self._tell()
        if self.task is not None and not self.done and self.scope["extensions"][CANCEL_WHEN_GONE]:
            self.task.cancel()

    @property
    def sent_nothing(self) -> bool:
        """Whether another answer may still be given instead."""
        return self._answer is None or self._answer.unsent

    @property
    def waits_to_continue(self) -> bool:
        """Whether the caller sends the body only when it is asked to."""
        if self.whole or self._continued or self.unread:
            return False
        return any(name == b"expect" and value.lower() == b"100-continue" for name, value in self.scope["headers"])

    async def receive(self) -> Message:
        """ASGI's. Raises TimeoutError where the rest of the body comes too late."""
        while not (self.gone or self.done):
            if self._body or (self.whole and not self._told):
                return self._take()
            if self.late:
                raise TimeoutError("the body did not arrive in time")
            if self.waits_to_continue:
                self._continued = True
                self._line.write(CONTINUE)
            if self._news is None:
                self._news = asyncio.Event()
            self._news.clear()
            await self._news.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """ASGI's. The head leaves with the first part of the body; nothing leaves where nobody is there."""
        if self.gone:
            return
        kind, answer = message["type"], self._answer
        if answer is None and kind == "http.response.start":
            self._answer = Answer(
                message["status"],
                message.get("headers", ()),
                date=self._line.date,
                method=self.scope["method"],
                version=self.scope["http_version"],
                # Where the body was not asked for, it is the caller's to choose whether it comes.
                closes=not self.keep_alive or self.waits_to_continue,
            )
        elif answer is not None and kind == "http.response.body" and not self.done:
            more = message.get("more_body", False)
            if data := answer.part(message.get("body", b""), last=not more):
                self._line.write(data)
            if more:
                await self._line.drained()
            else:
                self._end(answer)
        else:
            raise RuntimeError(f"{kind} is not what an answer goes on with")

    def _take(self) -> Message:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        self.unread = 0
        self._told = self.whole
        if not self.whole:
            self._line.taken()
        return {"type": "http.request", "body": body, "more_body": not self.whole}

    def _tell(self) -> None:
        if self._news is not None:
            self._news.set()

    def _end(self, answer: Answer) -> None:
        self.done = True
        self._body.clear()
        self.unread = 0
        self.keep_alive = self.keep_alive and not answer.closes
        self._tell()
        self._line.answered(self)

    async def _run(self, app: App) -> None:
        try:
            await app(self.scope, self.receive, self.send)
            if not (self.done or self.gone):
                log.error("an HTTP application did not answer", path=self.scope["path"])
        except asyncio.CancelledError:
            if not self.gone:
                log.warning("a request was cut off", path=self.scope["path"])
        except Exception:
            log.exception("an HTTP application failed", path=self.scope["path"])
        finally:
            if not (self.done or self.gone):
                await self._fail()
            self._line.over(self)

    async def _fail(self) -> None:
        """Say so, where nothing was sent yet; else break the answer off."""
        if not self.sent_nothing:
            self._line.hang_up()
            return
        self._answer = None
        for message in FAILED:
            await self.send(message)
