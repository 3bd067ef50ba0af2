"""Connections that serve again, those that must not, and that none is left."""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable

import pytest

from resilience.clock import VirtualClock
from resilience.errors import Reason
from services.providers.adapters.http.connections import SWEEP
from services.providers.adapters.http.pool import IDLE
from services.providers.adapters.http.response import MAX_RELEASING, RELEASE_TIMEOUT
from tests.integration.providers.http.here import MAX_IDLE, Here, call, connections_of, failure, on_both_loops
from tests.integration.providers.http.keeping_vendor import Served, answering, whole
from tests.integration.providers.http.sockets import sockets
from tests.stack.eventually import PATIENCE, eventually

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"


@on_both_loops
async def test_a_connection_serves_one_call_after_another(here: Here) -> None:
    for number in range(20):
        assert await call(here.http, here.vendor.url, b"%d" % number) == b"%d" % number
    assert [len(one.requests) for one in here.vendor.connections] == [20]


@on_both_loops
async def test_calls_at_once_have_a_connection_each_and_get_their_own_answers(here: Here) -> None:
    bodies = [b"%d" % number for number in range(50)]
    for _ in range(3):
        assert await asyncio.gather(*(call(here.http, here.vendor.url, body) for body in bodies)) == bodies
    await eventually(lambda: here.vendor.open == MAX_IDLE)


@on_both_loops
async def test_a_body_of_many_megabytes_is_sent_whole(here: Here) -> None:
    body = os.urandom(900_000)
    for _ in range(3):
        assert await call(here.http, here.vendor.url, body) == body
    assert len(here.vendor.connections) == 1


@on_both_loops
async def test_the_connection_that_was_used_last_is_used_next_and_those_that_wait_too_long_are_closed(
    here: Here,
) -> None:
    await asyncio.gather(*(call(here.http, here.vendor.url, b"%d" % number) for number in range(3)))
    assert here.vendor.open == 3
    for _ in range(10):
        await here.clock.advance(IDLE / 10)
        await call(here.http, here.vendor.url)
    await here.clock.advance(SWEEP)
    await eventually(lambda: here.vendor.open == 1)
    assert sorted(len(one.requests) for one in here.vendor.connections) == [1, 1, 11]
    await here.clock.advance(IDLE + SWEEP)
    await eventually(lambda: here.vendor.open == 0)
    assert await call(here.http, here.vendor.url) == b"{}"


@on_both_loops
@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nconnection: close\r\n", b"HTTP/1.0 200 OK\r\n"])
async def test_a_connection_that_the_vendor_does_not_keep_is_not_used_again(here: Here, answer: bytes) -> None:
    async def serve(connection: Served) -> None:
        await connection.asked()
        await connection.say(answer + b"content-length: 2\r\n\r\n{}")
        await connection.left()

    here.vendor.serve = serve
    assert [await call(here.http, here.vendor.url) for _ in range(2)] == [b"{}", b"{}"]
    assert [len(one.requests) for one in here.vendor.connections] == [1, 1]
    await eventually(lambda: here.vendor.open == 0)


@on_both_loops
async def test_a_connection_that_the_vendor_closed_while_it_waited_costs_no_call(here: Here) -> None:
    async def serve(connection: Served) -> None:
        await connection.say(whole(await connection.asked()))

    here.vendor.serve = serve
    before = sockets()
    for _ in range(5):
        assert await call(here.http, here.vendor.url) == b"{}"
        await eventually(lambda: here.vendor.open == 0 and sockets() <= before)
    assert len(here.vendor.connections) == 5


@on_both_loops
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 20", HEAD, HEAD + b"12345"])
async def test_a_request_that_was_sent_is_not_sent_again_whatever_becomes_of_its_connection(
    here: Here, said: bytes
) -> None:
    async def serve(connection: Served) -> None:
        await connection.say(whole(await connection.asked()))
        await connection.asked()
        await connection.say(said)

    here.vendor.serve = serve
    await call(here.http, here.vendor.url)
    failed = await failure(here.http, here.vendor.url)
    assert (failed.reason, failed.retryable) == (Reason.VENDOR_CONNECTION_LOST, True)
    assert [len(one.requests) for one in here.vendor.connections] == [2]


@on_both_loops
@pytest.mark.parametrize(
    "unasked", [b"x", b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 2\r\n\r\nno", whole(b'{"stolen": 1}')]
)
@pytest.mark.parametrize("apart", [False, True])
async def test_what_nobody_asked_for_is_no_answer_to_the_next_call(here: Here, unasked: bytes, apart: bool) -> None:
    async def serve(connection: Served) -> None:
        body = await connection.asked()
        if apart:
            await connection.say(whole(body))
            await connection.say(unasked)
        else:
            await connection.say(whole(body) + unasked)
        await connection.left()

    here.vendor.serve = serve
    assert await call(here.http, here.vendor.url, b"1") == b"1"
    await eventually(lambda: here.vendor.open == 0)
    assert await call(here.http, here.vendor.url, b"2") == b"2"
    assert len(here.vendor.connections) == 2


@on_both_loops
async def test_a_vendor_that_answers_before_it_has_heard_all_is_not_told_the_rest_as_another_request(
    here: Here,
) -> None:
    async def serve(connection: Served) -> None:
        await connection.say(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno")
        await connection.left()

    here.vendor.serve = serve
    response = await here.http.post(here.vendor.url, (), bytes(50_000_000))
    assert (response.status, await response.read(10)) == (413, b"no")
    await response.abandon()
    await eventually(lambda: here.vendor.open == 0)
    here.vendor.serve = answering
    assert await call(here.http, here.vendor.url, b"1") == b"1"


async def leave_while_waiting(here: Here) -> None:
    calling = asyncio.create_task(call(here.http, here.vendor.url))
    await eventually(lambda: any(one.requests for one in here.vendor.connections))
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)


async def leave_while_reading(here: Here) -> None:
    response = await here.http.post(here.vendor.url, (), b"{}")
    reading = asyncio.create_task(response.read(1000))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await response.abandon()


@on_both_loops
@pytest.mark.parametrize(("said", "leave"), [(b"", leave_while_waiting), (HEAD + b"1", leave_while_reading)])
async def test_whoever_leaves_closes_the_connection(
    here: Here, said: bytes, leave: Callable[[Here], Awaitable[None]]
) -> None:
    async def serve(connection: Served) -> None:
        await connection.asked()
        await connection.say(said)
        await connection.left()

    here.vendor.serve = serve
    await leave(here)
    await eventually(lambda: here.vendor.open == 0)
    assert len(here.vendor.connections) == 1


@on_both_loops
async def test_a_connection_serves_again_when_what_was_left_of_a_body_has_passed(here: Here) -> None:
    said = asyncio.Event()

    async def serve(connection: Served) -> None:
        while True:
            await connection.asked()
            await connection.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
            await said.wait()
            await connection.say(b"1\r\nb\r\n0\r\n\r\n")

    here.vendor.serve = serve
    response = await here.http.post(here.vendor.url, (), b"{}")
    assert await response.chunk() == b"a"
    response.release()
    said.set()
    assert await response.chunk() is None
    assert await call(here.http, here.vendor.url) == b"ab"
    await here.clock.advance(RELEASE_TIMEOUT * 2)
    assert await call(here.http, here.vendor.url) == b"ab"
    assert len(here.vendor.connections) == 1


@on_both_loops
async def test_an_end_that_does_not_come_is_waited_for_a_moment_and_a_long_one_not_to_its_end(here: Here) -> None:
    async def serve(connection: Served) -> None:
        endless = await connection.asked() == b"endless"
        await connection.say(b"HTTP/1.1 200 OK\r\n\r\na")
        while endless:
            await connection.say(b"b" * 10_000)
        await connection.left()

    here.vendor.serve = serve
    (await here.http.post(here.vendor.url, (), b"endless")).release()
    await eventually(lambda: here.vendor.open == 0)
    for _ in range(2):
        (await here.http.post(here.vendor.url, (), b"{}")).release()
        await here.clock.advance(RELEASE_TIMEOUT / 2)
    await eventually(lambda: here.vendor.open == 1)
    await here.clock.advance(RELEASE_TIMEOUT / 2)
    await eventually(lambda: here.vendor.open == 0)


@on_both_loops
async def test_no_more_ends_are_waited_for_than_there_may_be(here: Here) -> None:
    async def serve(connection: Served) -> None:
        await connection.asked()
        await connection.say(HEAD + b"1")
        await connection.left()

    here.vendor.serve = serve
    surplus = 20
    for _ in range((MAX_RELEASING + surplus) // surplus):
        responses = await asyncio.gather(*(here.http.post(here.vendor.url, (), b"{}") for _ in range(surplus)))
        for response in responses:
            response.release()
    await eventually(lambda: here.vendor.open == MAX_RELEASING)
    await here.clock.advance(RELEASE_TIMEOUT)
    await eventually(lambda: here.vendor.open == 0)


@on_both_loops
async def test_nothing_is_open_once_it_is_closed(here: Here) -> None:
    async def serve(connection: Served) -> None:
        while (body := await connection.asked()) != b"hang":
            await connection.say(whole(body))
        await connection.say(HEAD + b"1")
        await connection.left()

    here.vendor.serve = serve
    before = sockets()
    async with connections_of(VirtualClock()) as connections:
        http = connections.open("main", "", "")
        named = here.vendor.url.replace("127.0.0.1", "vendor.invalid")
        reading, waiting, released = [await http.post(named, (), b"hang") for _ in range(3)]
        asked = asyncio.create_task(waiting.read(100))
        released.release()
        await asyncio.gather(*(call(http, url) for url in (here.vendor.url, named) * 3))
        assert len(sockets() - before) > 6
    ends = await asyncio.gather(asked, reading.read(100), return_exceptions=True)
    assert [getattr(end, "reason", None) for end in ends] == [Reason.VENDOR_CONNECTION_LOST] * 2
    await eventually(lambda: here.vendor.open == 0 and sockets() <= before)


@on_both_loops
async def test_connections_are_closed_when_nobody_holds_the_way_to_them_and_their_calls_have_ended(here: Here) -> None:
    async def serve(connection: Served) -> None:
        while (body := await connection.asked()) != b"slow":
            await connection.say(whole(body))
        await connection.say(HEAD + b"12345")
        await asyncio.wait_for(go_on.wait(), PATIENCE)
        await connection.say(b"67890")
        await connection.left()

    go_on = asyncio.Event()
    here.vendor.serve = serve
    first, second = (here.connections.open(name, "", "") for name in ("first", "second"))
    slow = await first.post(here.vendor.url, (), b"slow")
    await asyncio.gather(*(call(http, here.vendor.url) for http in (first, second)))
    assert here.vendor.open == 3
    del first
    gc.collect()
    assert await call(second, here.vendor.url) == b"{}"
    assert here.vendor.open == 3
    del second
    gc.collect()
    await eventually(lambda: here.vendor.open == 1)
    go_on.set()
    assert await slow.read(100) == b"1234567890"
    await eventually(lambda: here.vendor.open == 0)
