"""A request's turn, with a connection that notes what it is told."""

import asyncio
from dataclasses import dataclass, field

from chassis.http import Receive, Scope, Send
from chassis.http.asgi import CANCEL_WHEN_GONE
from chassis.http.turn import Turn
from chassis.pages import respond


@dataclass
class Line:
    date: bytes = b"date: now"
    written: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def drained(self) -> None: ...

    def taken(self) -> None: ...

    def answered(self, turn: Turn) -> None: ...

    def hang_up(self) -> None: ...

    def over(self, turn: Turn) -> None: ...


def turn_on(line: Line) -> Turn:
    scope = {
        "method": "GET",
        "path": "/",
        "http_version": "1.1",
        "headers": [],
        "extensions": {CANCEL_WHEN_GONE: False},
    }
    return Turn(line, scope, keep_alive=True)


async def answer(turn: Turn, *bodies: bytes) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if len(bodies) == 1:
            await respond(send, 200, "text/plain", bodies[0])
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for body in bodies:
            await send({"type": "http.response.body", "body": body, "more_body": body is not bodies[-1]})

    turn.start(app, asyncio.get_running_loop())
    assert turn.task is not None
    await turn.task


async def test_a_whole_answer_is_one_write() -> None:
    line = Line()
    await answer(turn_on(line), b"hi")
    (written,) = line.written
    assert written.startswith(b"HTTP/1.1 200 OK\r\ndate: now\r\n")
    assert written.endswith(b"\r\n\r\nhi")


async def test_each_part_is_one_write_and_the_head_goes_with_the_first() -> None:
    line = Line()
    await answer(turn_on(line), b"a", b"b", b"")
    head, *rest = line.written
    assert head.endswith(b"\r\n\r\n1\r\na\r\n")
    assert rest == [b"1\r\nb\r\n", b"0\r\n\r\n"]


async def test_the_last_part_has_the_bodys_end_with_it() -> None:
    line = Line()
    await answer(turn_on(line), b"a", b"b")
    assert line.written[-1] == b"1\r\nb\r\n0\r\n\r\n"
