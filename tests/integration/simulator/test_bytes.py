"""Bodies that are cut into pieces and compressed, alone and together with faults."""

import asyncio
import gzip
import json
import zlib
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from simulator import Anywhere, At, Behaviour, Constant, Cut, ErrorStatus, Every, Malformed, Simulator, Split, Vendor
from tests.integration.simulator.clients import MESSAGES, Wire, both, chat, content_length, failing
from tests.stack.eventually import PATIENCE


async def chunks_of(wire: Wire) -> list[bytes]:
    """Read a chunked body, and return its chunks."""
    assert b"transfer-encoding: chunked" in await wire.headers()
    chunks: list[bytes] = []
    while size := int(await wire.until(b"\r\n"), 16):
        chunks.append(await wire.reader.readexactly(size))
        await wire.until(b"\r\n")
    return chunks


async def streamed(vendor: Vendor, behaviour: Behaviour) -> list[bytes]:
    vendor.set(None, behaviour)
    wire = await Wire.open(vendor.base_url)
    wire.post(chat(stream=True))
    chunks = await asyncio.wait_for(chunks_of(wire), PATIENCE)
    wire.close()
    return chunks


async def text(client: AsyncOpenAI, *, stream: bool) -> str:
    if not stream:
        answer = await client.chat.completions.create(model="gpt", messages=MESSAGES)
        return answer.choices[0].message.content or ""
    events = await client.chat.completions.create(model="gpt", messages=MESSAGES, stream=True)
    return "".join([event.choices[0].delta.content or "" async for event in events])


@pytest.mark.parametrize("split", [Every(), Every(bytes=7), Anywhere(), Anywhere(longest=3), At(bytes=(5, 300, 301))])
@both
async def test_an_answer_cut_anywhere_is_the_same_answer(
    client: AsyncOpenAI, alpha: Vendor, split: Split, stream: bool
) -> None:
    whole = await text(client, stream=stream)
    alpha.set(None, Behaviour(split=split))
    assert await text(client, stream=stream) == whole


async def test_each_piece_leaves_by_itself_at_its_place(alpha: Vendor) -> None:
    whole = await streamed(alpha, Behaviour(answer_tokens=2))
    cut = await streamed(alpha, Behaviour(answer_tokens=2, split=Every(bytes=10)))
    ends, position = {len(b"".join(whole[:index])) for index in range(1, len(whole) + 1)}, 0
    for piece in cut:
        position += len(piece)
        assert position % 10 == 0 or position in ends
    assert max(map(len, cut)) == 10
    assert [len(piece) for piece in await streamed(alpha, Behaviour(split=At(bytes=(2, 5))))][:2] == [2, 3]


async def test_the_same_seed_cuts_at_the_same_places_and_another_elsewhere() -> None:
    async def lengths(seed: int) -> list[list[int]]:
        async with Simulator(["alpha"], seed=seed) as sim:
            behaviour = Behaviour(split=Anywhere())
            return [[len(piece) for piece in await streamed(sim.vendor("alpha"), behaviour)] for _ in range(2)]

    first = await lengths(1)
    assert first == await lengths(1)
    assert first != await lengths(2)
    assert first[0] != first[1]


async def test_a_cut_body_may_meet_a_fault(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(Cut(after_chunks=3), split=Every(bytes=1)))
    wire.post(chat(stream=True))
    body = b"".join(line for line in (await wire.rest()).split(b"\r\n") if len(line) == 1 and line != b"1")
    assert body.count(b'"delta":{"content":"') == 3


async def test_an_error_is_cut_too(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, failing(ErrorStatus(status=503), split=Every()))
    with pytest.raises(openai.InternalServerError) as caught:
        await text(client, stream=False)
    assert caught.value.code == "overloaded"


def asking(body: bytes, encoding: str) -> bytes:
    head = f"Authorization: Bearer k\r\nAccept-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return b"POST /v1/chat/completions HTTP/1.1\r\n" + head.encode() + body


@pytest.mark.parametrize(
    ("when", "encoding", "compressed"),
    [
        ("never", "gzip", False),
        ("accepted", "gzip, br", True),
        ("accepted", "identity", False),
        ("always", "identity", True),
    ],
)
async def test_a_body_is_compressed_when_it_is_said(
    wire: Wire, alpha: Vendor, when: Any, encoding: str, compressed: bool
) -> None:
    alpha.set(None, Behaviour(gzip=when))
    wire.writer.write(asking(chat(), encoding))
    head = await wire.headers()
    body = await wire.reader.readexactly(content_length(head))
    assert (b"content-encoding: gzip" in head) == compressed
    assert json.loads(gzip.decompress(body) if compressed else body)["object"] == "chat.completion"


@both
async def test_the_sdk_reads_a_compressed_answer(client: AsyncOpenAI, alpha: Vendor, stream: bool) -> None:
    whole = await text(client, stream=stream)
    alpha.set(None, Behaviour(gzip="always", split=Every(bytes=3)))
    assert await text(client, stream=stream) == whole


async def test_each_part_of_a_compressed_stream_can_be_read_when_it_comes(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(gzip="accepted", between_chunks=Constant(seconds=60)))
    wire.writer.write(asking(chat(stream=True), "gzip"))
    assert b"content-encoding: gzip" in await wire.headers()
    size = int(await wire.until(b"\r\n"), 16)
    first = zlib.decompressobj(wbits=31).decompress(await wire.reader.readexactly(size))
    assert b'"content":"alpha/gpt"' in first
    assert b"heard" not in first


async def test_a_compressed_stream_is_one_whole_gzip_file(alpha: Vendor) -> None:
    body = gzip.decompress(b"".join(await streamed(alpha, Behaviour(gzip="always"))))
    assert body.endswith(b"data: [DONE]\n\n")


async def test_a_compressed_plain_answer_may_be_cut_in_its_middle(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(Cut(), gzip="always"))
    wire.post(chat())
    length = content_length(await wire.headers())
    body = await wire.rest()
    assert len(body) == length // 2
    with pytest.raises(EOFError):
        gzip.decompress(body)


async def test_a_compressed_error_and_broken_event_are_what_they_were(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, failing(ErrorStatus(status=429), gzip="always"))
    with pytest.raises(openai.RateLimitError, match="Rate limit reached"):
        await text(client, stream=False)
    alpha.set(None, failing(Malformed(), gzip="always"))
    assert b"chatcmpl-broken" in gzip.decompress(b"".join(await streamed(alpha, alpha.behaviours()[0])))
