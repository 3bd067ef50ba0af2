"""How the HTTP server ends: what is under way is answered, or cut off in the end."""

import asyncio
import contextlib

import pytest

from chassis.http import HttpServer, Receive, Scope, Send
from tests.integration.chassis.wire import Waiting, connect, echo, nobody_is_there, serve
from tests.stack.eventually import PATIENCE

GET = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"


def ending(server: HttpServer) -> "asyncio.Task[None]":
    return asyncio.create_task(server.__aexit__(None, None, None))


async def test_what_is_under_way_is_answered_and_the_connection_ends() -> None:
    waiting = Waiting()
    server = await HttpServer(waiting, "127.0.0.1:0", drain=PATIENCE).__aenter__()
    async with connect(server) as wire:
        await wire.send(GET)
        await asyncio.wait_for(waiting.begun.wait(), PATIENCE)
        end = ending(server)
        await asyncio.sleep(0)
        waiting.let.set()
        answer = await wire.answer()
        assert (answer.body, answer.headers["connection"]) == (b"at last", "close")
        assert await wire.rest() == b""
        await asyncio.wait_for(end, PATIENCE)


async def test_an_answer_that_had_begun_is_the_connections_last_all_the_same() -> None:
    let = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await let.wait()
        await send({"type": "http.response.body", "body": b"b"})

    server = await HttpServer(app, "127.0.0.1:0", drain=2 * PATIENCE).__aenter__()
    async with connect(server) as wire:
        await wire.send(GET)
        await asyncio.wait_for(wire.reader.readuntil(b"a\r\n"), PATIENCE)
        end = ending(server)
        await asyncio.sleep(0)
        let.set()
        assert await wire.rest() == b"1\r\nb\r\n0\r\n\r\n"
        await asyncio.wait_for(end, PATIENCE)


async def test_who_asks_nothing_is_hung_up_on_at_once_and_nobody_new_is_let_in() -> None:
    server = await HttpServer(echo, "127.0.0.1:0", drain=PATIENCE).__aenter__()
    async with connect(server) as idle, connect(server) as half:
        await idle.send(GET)
        await idle.answer()
        await half.send(GET[:20])
        await asyncio.wait_for(ending(server), PATIENCE)
        assert await idle.rest() == b""
        with contextlib.suppress(ConnectionResetError):
            assert await half.rest() == b""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_requests_that_wait_for_their_turn_are_not_begun_any_more() -> None:
    waiting = Waiting()
    server = await HttpServer(waiting, "127.0.0.1:0", drain=PATIENCE).__aenter__()
    async with connect(server) as wire:
        await wire.send(GET + GET)
        await asyncio.wait_for(waiting.begun.wait(), PATIENCE)
        end = ending(server)
        await asyncio.sleep(0)
        waiting.let.set()
        assert (await wire.rest()).count(b"HTTP/1.1 200") == 1
        await asyncio.wait_for(end, PATIENCE)


async def test_what_does_not_end_is_cut_off() -> None:
    waiting = Waiting()
    async with serve(waiting, drain=0.05) as server, connect(server) as wire:
        await wire.send(GET)
        await asyncio.wait_for(waiting.begun.wait(), PATIENCE)
        await asyncio.wait_for(ending(server), PATIENCE)
        assert (await wire.answer()).status == 500
        assert await wire.rest() == b""
    assert waiting.how == "cancelled"


async def test_work_whose_caller_left_is_waited_for_too() -> None:
    waiting = Waiting()
    server = await HttpServer(waiting, "127.0.0.1:0", drain=PATIENCE).__aenter__()
    async with connect(server) as wire:
        await wire.send(GET)
        await asyncio.wait_for(waiting.begun.wait(), PATIENCE)
    await nobody_is_there(server)
    end = ending(server)
    await asyncio.sleep(0)
    assert not end.done()
    waiting.let.set()
    await asyncio.wait_for(end, PATIENCE)
    assert waiting.how == "answered"
