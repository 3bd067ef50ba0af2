"""How the HTTP server answers, on real sockets."""

import asyncio
import socket

import pytest

from chassis.http import App, Limits, Message, Receive, Scope, Send, cancel_when_gone
from chassis.pages import respond
from tests.integration.chassis.wire import FAST, Waiting, connect, echo, nobody_is_there, say, serve
from tests.stack.eventually import PATIENCE, eventually

GET = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"
TEXT = (b"content-type", b"text/plain")


def saying(*messages: Message) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


def start(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def test_an_answer_has_its_headers_and_the_date() -> None:
    app = saying(start(TEXT, (b"content-length", b"2")), part(b"hi"))
    async with serve(app) as server, connect(server) as wire:
        for _ in range(2):
            await wire.send(GET)
            answer = await wire.answer()
            assert (answer.status, answer.body) == (200, b"hi")
            assert list(answer.headers) == ["date", "content-type", "content-length"]
            assert answer.headers["date"].endswith(" GMT")


async def test_an_old_connection_is_told_that_its_answer_is_the_last() -> None:
    app = saying(start(TEXT, (b"content-length", b"2")), part(b"hi"))
    async with serve(app, limits=Limits(connection_age=0.0)) as server, connect(server) as wire:
        await wire.send(GET)
        answer = await wire.answer()
        assert (answer.headers["connection"], answer.body) == ("close", b"hi")
        assert await wire.rest() == b""


async def test_an_answer_of_unknown_length_is_chunked() -> None:
    app = saying(start(TEXT), part(b"a", more=True), part(b"", more=True), part(b"bc" * 100, more=True), part(b""))
    async with serve(app) as server, connect(server) as wire:
        for _ in range(2):
            await wire.send(GET)
            answer = await wire.answer()
            assert (answer.headers["transfer-encoding"], answer.body) == ("chunked", b"a" + b"bc" * 100)


async def test_to_http_1_0_an_answer_of_unknown_length_ends_with_the_connection() -> None:
    async with serve(saying(start(TEXT), part(b"a", more=True), part(b"b"))) as server:
        answer = await say(server, b"GET /a HTTP/1.0\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"ab"
    assert b"chunked" not in head
    assert b"connection: close" in head


async def test_a_part_leaves_when_it_is_sent_and_the_head_with_the_first() -> None:
    go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(part(b"", more=True))
        await go_on.wait()
        go_on.clear()
        await send(part(b"first", more=True))
        await go_on.wait()
        await send(part(b""))

    async with serve(app) as server, connect(server) as wire:
        await wire.send(GET)
        assert (await asyncio.wait_for(wire.reader.readuntil(b"\r\n\r\n"), PATIENCE)).startswith(b"HTTP/1.1 200")
        go_on.set()
        assert await asyncio.wait_for(wire.reader.readexactly(10), PATIENCE) == b"5\r\nfirst\r\n"
        go_on.set()
        assert await asyncio.wait_for(wire.reader.readexactly(5), PATIENCE) == b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "status", "headers"),
    [
        (b"HEAD", 200, ((b"content-length", b"2"),)),
        (b"HEAD", 200, ()),
        (b"GET", 204, ()),
        (b"GET", 304, ((b"etag", b'"x"'),)),
    ],
)
async def test_some_answers_have_no_body(method: bytes, status: int, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    async with serve(saying(start(*headers, status=status), part(b"hi"))) as server, connect(server) as wire:
        for _ in range(2):
            await wire.send(GET.replace(b"GET", method))
            answer = await wire.answer("HEAD")
            assert (answer.status, "transfer-encoding" in answer.headers) == (status, False)


@pytest.mark.parametrize(
    "messages",
    [
        (),
        (part(b"a"),),
        (start((b"x", b"a\r\nb: c")), part(b"a")),
        (start((b"x", b"a\nb: c")), part(b"a")),
        (start((b"x", b"a\rb: c")), part(b"a")),
        (start((b"x\r\ny", b"a")), part(b"a")),
        (start((b"x", b"a\0")), part(b"a")),
        (start((b"content-length", b"1")), part(b"ab")),
        (start((b"content-length", b"3")), part(b"ab")),
        (start(), start()),
        (start(status=99), part(b"a")),
    ],
)
async def test_an_application_that_answers_wrongly_is_a_500(messages: tuple[Message, ...]) -> None:
    async with serve(saying(*messages)) as server:
        answer = await say(server, GET)
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert answer.endswith(b"\r\n\r\nInternal Server Error")


async def test_an_application_that_fails_is_a_500_and_hurts_nobody_else() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/a":
            raise RuntimeError("it broke")
        await echo(scope, receive, send)

    async with serve(app) as server, connect(server) as wire:
        assert (await say(server, GET + GET)).count(b"HTTP/1.1 500") == 1
        await wire.send(GET.replace(b"/a", b"/b"))
        assert (await wire.answer()).status == 200


@pytest.mark.parametrize("wrong", [None, start(), RuntimeError("it broke")])
async def test_an_answer_that_breaks_off_has_no_end(wrong: Message | Exception | None) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(part(b"a", more=True))
        if isinstance(wrong, Exception):
            raise wrong
        if wrong is not None:
            await send(wrong)

    async with serve(app) as server:
        answer = await say(server, GET)
    assert answer.endswith(b"\r\n\r\n1\r\na\r\n")


async def test_a_framing_of_the_applications_own_is_not_told() -> None:
    app = saying(start((b"transfer-encoding", b"gzip"), (b"connection", b"upgrade, Close")), part(b"a"))
    async with serve(app) as server:
        head, _, body = (await say(server, GET)).partition(b"\r\n\r\n")
    assert (head.count(b"transfer-encoding: chunked"), head.count(b"gzip"), body) == (1, 0, b"1\r\na\r\n0\r\n\r\n")
    assert head.endswith(b"connection: close")


async def test_the_caller_who_leaves_is_told_to_who_asks() -> None:
    told = asyncio.Event()
    begun = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.request"
        begun.set()
        assert (await receive())["type"] == "http.disconnect"
        await send(start(TEXT))
        await send(part(b"for nobody", more=True))
        told.set()

    async with serve(app) as server, connect(server) as wire:
        await wire.send(GET)
        await asyncio.wait_for(begun.wait(), PATIENCE)
        wire.writer.close()
        await asyncio.wait_for(told.wait(), PATIENCE)


async def test_once_all_is_sent_who_asks_is_told_that_it_is_over() -> None:
    told = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        watching = asyncio.create_task(_next_type(receive))
        await asyncio.sleep(0)
        await respond(send, 200, "text/plain", b"hi")
        assert await asyncio.wait_for(watching, PATIENCE) == "http.disconnect"
        told.set()

    async with serve(app) as server, connect(server) as wire:
        await wire.send(GET)
        assert (await wire.answer()).body == b"hi"
        await asyncio.wait_for(told.wait(), PATIENCE)


async def _next_type(receive: Receive) -> str:
    return str((await receive())["type"])


@pytest.mark.parametrize("cancelling", [True, False])
async def test_work_for_a_caller_who_leaves_is_cancelled_where_it_asked_for_that(cancelling: bool) -> None:
    waiting = Waiting(cancelling=cancelling)
    async with serve(waiting) as server:
        async with connect(server) as wire:
            await wire.send(GET)
            await asyncio.wait_for(waiting.begun.wait(), PATIENCE)
        await nobody_is_there(server)
        waiting.let.set()
        await asyncio.wait_for(waiting.ended.wait(), PATIENCE)
    assert waiting.how == ("cancelled" if cancelling else "answered")


async def test_a_caller_who_leaves_while_the_body_arrives_cancels_too() -> None:
    waiting = Waiting(cancelling=True)
    async with serve(waiting, limits=Limits(step=0.01)) as server:
        async with connect(server) as wire:
            await wire.send(b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nabc")
            await asyncio.wait_for(waiting.asked.wait(), PATIENCE)
        await asyncio.wait_for(waiting.ended.wait(), PATIENCE)
    assert waiting.how == "cancelled"


async def test_what_is_done_after_the_whole_answer_is_not_cancelled() -> None:
    gone = asyncio.Event()
    after = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        cancel_when_gone(scope)
        await receive()
        await respond(send, 200, "text/plain", b"hi")
        await gone.wait()
        after.set()

    async with serve(app) as server:
        async with connect(server) as wire:
            await wire.send(GET)
            assert (await wire.answer()).body == b"hi"
        await nobody_is_there(server)
        gone.set()
        await asyncio.wait_for(after.wait(), PATIENCE)


async def test_nor_is_it_where_the_rest_of_the_request_is_none() -> None:
    gone = asyncio.Event()
    after = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        cancel_when_gone(scope)
        await respond(send, 200, "text/plain", b"hi")
        await gone.wait()
        after.set()

    async with serve(app, limits=Limits(read_ahead=2)) as server:
        async with connect(server) as wire:
            await wire.send(b"POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
            assert (await wire.answer()).body == b"hi"
            await wire.send(b"nonsense\r\n")
            assert await wire.rest() == b""
        gone.set()
        await asyncio.wait_for(after.wait(), PATIENCE)


async def test_a_slow_reader_holds_up_who_answers_it_and_nobody_else() -> None:
    sent = 0
    whole = 200

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send(start(TEXT))
        for _ in range(whole):
            await send(part(b"x" * 100_000, more=True))
            sent += 1
        await send(part(b""))

    async with serve(app) as server, connect(server) as slow, connect(server) as other:
        await slow.send(GET)
        await other.send(GET)
        assert len((await other.answer()).body) == 100_000 * whole
        assert sent < 2 * whole, "the slow one's answer waits"
        assert len((await slow.answer()).body) == 100_000 * whole


async def test_a_reader_who_takes_nothing_is_given_up_on() -> None:
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        cancel_when_gone(scope)
        await send(start(TEXT))
        try:
            while True:
                await send(part(b"x" * 100_000, more=True))
        finally:
            ended.set()

    async with serve(app, limits=FAST) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as stalled:
            stalled.sendall(GET)
            await asyncio.wait_for(ended.wait(), PATIENCE)


async def test_a_reader_who_takes_nothing_of_a_whole_answer_is_given_up_on() -> None:
    body = b"x" * 30_000_000
    app = saying(start((b"content-length", b"%d" % len(body)), (b"connection", b"close")), part(body))
    async with serve(app, limits=FAST) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as stalled:
            stalled.sendall(GET)
            await eventually(lambda: server._serving._callers)
            await nobody_is_there(server)


async def test_the_server_forgets_who_is_gone() -> None:
    async with serve(echo) as server:
        async with connect(server) as wire:
            await wire.send(GET)
            await wire.answer()
        await nobody_is_there(server)
        assert not server._serving._turns
