"""The bench's vendor, compiled and asked over sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.client import saturate, together
from bench.cost.party import LONG, STREAM, WHOLE, Party, Question
from bench.cost.upstream import upstream
from tests.stack.choose import tool


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Party]:
    tool("cc")
    async with upstream(tmp_path) as party:
        yield party


async def said_to(party: Party, request: bytes) -> bytes:
    """All that the vendor says to this until it hangs up."""
    endpoint = party.endpoint(WHOLE)
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    writer.write(request)
    try:
        return await reader.read()
    except ConnectionError:  # it hung up before it had read all
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("question", [WHOLE, STREAM, LONG], ids=["whole", "stream", "long"])
async def test_every_request_of_many_is_answered(vendor: Party, question: Question) -> None:
    run = await saturate(vendor.endpoint(question), connections=8, seconds=60.0, requests=80)
    assert (run.asked, run.failures) == (80, [])


async def test_an_answer_is_a_chat_completion(vendor: Party) -> None:
    endpoint = vendor.endpoint(WHOLE)
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    for piece in (endpoint.request[i : i + 7] for i in range(0, len(endpoint.request), 7)):
        writer.write(piece)
        await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    body = json.loads(await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])))
    writer.close()
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["total_tokens"] == 409


async def test_a_stream_has_its_chunks_its_usage_and_its_end(vendor: Party) -> None:
    endpoint = vendor.endpoint(STREAM)
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    writer.write(endpoint.request)
    await reader.readuntil(b"\r\n\r\n")
    chunks = []
    while size := int(await reader.readline(), 16):
        chunks.append(await reader.readexactly(size))
        await reader.readexactly(2)
    writer.close()
    events = [event.removeprefix("data: ") for event in b"".join(chunks).decode().split("\n\n")[:-1]]
    assert len(chunks) == 8
    assert events[-1] == "[DONE]"
    assert json.loads(events[-2])["usage"]["completion_tokens"] == 9
    assert "".join(json.loads(event)["choices"][0]["delta"]["content"] for event in events[:8]).endswith("again.")


async def test_many_streams_run_together(vendor: Party) -> None:
    question = Question("slow", "stream/3/300", stream=True)
    run = await together(vendor.endpoint(question), count=300, within=0.2)
    assert (run.asked, run.failures) == (300, [])


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /whole/v1 HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
        b"POST /whole/v1 HTTP/1.1\r\n\r\n",
        b"POST /elsewhere HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
        b"POST /stream/1/5/v1 HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
        b"POST /whole/v1 HTTP/1.1\r\ncontent-length: 1\r\n\r\n{}",
        b"POST /whole/v1 HTTP/1.1\r\nx: " + b"y" * 20_000,
    ],
    ids=["another method", "no length", "another path", "too short a stream", "more than it says", "too large a head"],
)
async def test_what_it_does_not_understand_it_hangs_up_on(vendor: Party, request_: bytes) -> None:
    assert await said_to(vendor, request_) == b""


async def test_a_caller_who_leaves_a_stream_leaves_others_theirs(vendor: Party) -> None:
    endpoint = vendor.endpoint(STREAM)
    stays = asyncio.create_task(saturate(endpoint, connections=4, seconds=60.0, requests=40))
    for _ in range(20):
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        writer.write(endpoint.request)
        await reader.readline()
        writer.transport.abort()
    run = await stays
    assert (run.asked, run.failures) == (40, [])
