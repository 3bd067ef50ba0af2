"""The bench's callers before a server that answers as it is told."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bench.alarm import Alarm
from bench.client import CONNECTED, Endpoint, at_rate, saturate, together

WELL = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
Answer = Callable[[asyncio.StreamWriter, int], Awaitable[None]]
"""Given the connection and the number of the request."""


async def well(writer: asyncio.StreamWriter, _number: int) -> None:
    """A whole answer."""
    writer.write(WELL)


@asynccontextmanager
async def server(answer: Answer, *, stream: bool = False) -> AsyncIterator[Endpoint]:
    """One that reads whole requests and answers each so."""
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
                asked += 1
                await answer(writer, asked)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield Endpoint.chat(f"http://127.0.0.1:{port}/v1", "key", "chat", stream=stream)


async def test_saturation_asks_until_so_many_were_asked() -> None:
    async with server(well) as endpoint:
        run = await saturate(endpoint, connections=4, seconds=60.0, requests=41)
    assert (run.asked, run.failed) == (41, 0)


async def test_arrivals_do_not_wait_for_answers_and_latency_counts_from_the_arrival() -> None:
    """No answer comes before all were asked: callers who wait for answers would never ask so many."""
    count = CONNECTED + 30
    all_asked = asyncio.Event()

    async def at_the_end(writer: asyncio.StreamWriter, number: int) -> None:
        if number == count:
            all_asked.set()
        await all_asked.wait()
        writer.write(WELL)

    async with server(at_the_end) as endpoint:
        run = await together(endpoint, count=count, within=0.2)
    assert (run.asked, run.failed) == (count, 0)
    # Who arrived first has waited at least until the last one arrived.
    assert max(run.latencies) >= 0.2 * (count - 1) / count


async def test_a_rate_has_the_arrivals_of_its_seed() -> None:
    async with server(well) as endpoint:
        first, second = [
            await at_rate(endpoint, per_second=300, seconds=0.3, rng=random.Random(seed)) for seed in (7, 7)
        ]
    assert first.asked == second.asked > 50


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}", "503 {}"),
        (b'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{"a":', '200 {"a":'),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{}", "the connection was lost"),
        (b"nonsense\r\n\r\n", "the connection was lost"),
    ],
)
async def test_an_answer_that_is_not_well_has_failed(answer: bytes, failure: str) -> None:
    async def ill(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(answer)
        writer.close()

    async with server(ill) as endpoint:
        run = await saturate(endpoint, connections=1, seconds=60.0, requests=1)
    assert run.failures[0].startswith(failure)
    assert not run.latencies


async def test_a_stream_that_ends_without_its_last_event_has_failed() -> None:
    async def broken(writer: asyncio.StreamWriter, number: int) -> None:
        event = b"data: [DONE]\n\n" if number == 1 else b'data: {"error": {}}\n\n'
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        for piece in (head, b"%x\r\n%b\r\n" % (len(event), event), b"0\r\n\r\n"):
            writer.write(piece)
            await writer.drain()

    async with server(broken, stream=True) as endpoint:
        run = await saturate(endpoint, connections=1, seconds=60.0, requests=2)
    assert len(run.latencies) == 1
    assert run.failures == ['200 data: {"error": {}}\n\n']


async def test_a_server_that_closes_after_each_answer_fails_who_asks_again() -> None:
    async def once(writer: asyncio.StreamWriter, _number: int) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}")

    async with server(once) as endpoint:
        run = await saturate(endpoint, connections=3, seconds=60.0, requests=100)
    assert run.asked == 3


async def test_an_alarm_never_rings_early() -> None:
    with Alarm() as alarm:
        for wait in (0.0, -1.0, 0.0004, 0.0101):
            moment = time.monotonic() + wait
            await alarm.until(moment)
            assert time.monotonic() >= moment
