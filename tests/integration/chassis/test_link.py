"""Messages over a connection: whole, in order, together where they can be, and bounded."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import BytesValue
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.link import FULL_MESSAGE, Link
from tests.stack.eventually import eventually

MOST = 4 * 1024 * 1024


class Side:
    """One side, and what it came to know."""

    def __init__(self, *, most: int = MOST) -> None:
        self.heard: list[bytes] = []
        self.ended_by: list[str] = []
        self.link = Link(BytesValue, BytesValue, most=most, heard=self._hear, lost=self.ended_by.append)

    def _hear(self, message: BytesValue) -> None:
        self.heard.append(message.value)

    def say(self, data: bytes) -> None:
        """Add to the message that waits."""
        self.link.message(len(data)).value += data

    def say_alone(self, data: bytes) -> None:
        """In a message that has no room for more."""
        self.link.message(FULL_MESSAGE).value = data


@asynccontextmanager
async def linked(near: Side, far: Side) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: far.link, "127.0.0.1", 0)
    async with server:
        await loop.create_connection(lambda: near.link, *server.sockets[0].getsockname())
        try:
            yield
        finally:
            for side in (near, far):
                side.link.abort("the test is over")
            await eventually(lambda: near.ended_by and far.ended_by)
    assert (len(near.ended_by), len(far.ended_by)) == (1, 1)


@asynccontextmanager
async def written_to(side: Side) -> AsyncIterator[Any]:
    """What writes raw bytes to it."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: side.link, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield writer
        finally:
            writer.close()
            await eventually(lambda: side.ended_by)
            reader.feed_eof()


async def test_what_is_said_in_one_turn_leaves_as_one_message() -> None:
    near, far = Side(), Side()
    async with linked(near, far):
        near.say(b"a")
        near.say(b"b")
        await eventually(lambda: far.heard)
        near.say(b"c")
        await eventually(lambda: len(far.heard) == 2)
    assert far.heard == [b"ab", b"c"]


async def test_what_is_flushed_leaves_before_what_is_said_after_it() -> None:
    near, far = Side(), Side()
    async with linked(near, far):
        near.link.message(1, flushed=True).value += b"a"
        near.link.flush()
        near.say(b"b")
        await eventually(lambda: len(far.heard) == 2)
    assert far.heard == [b"a", b"b"]


async def test_what_was_to_be_flushed_leaves_with_what_is_said_after_it() -> None:
    near, far = Side(), Side()
    async with linked(near, far):
        near.link.message(1, flushed=True).value += b"a"
        await asyncio.sleep(0)  # a turn of the loop, in which nothing else sends it
        near.say(b"b")
        await eventually(lambda: far.heard)
    assert far.heard == [b"ab"]


async def test_what_is_flushed_before_there_is_a_connection_waits_for_it() -> None:
    near, far = Side(), Side()
    near.link.message(1, flushed=True).value += b"a"
    near.link.flush()
    async with linked(near, far):
        await eventually(lambda: far.heard)
    assert far.heard == [b"a"]


async def test_a_message_that_is_full_takes_no_more() -> None:
    near, far = Side(), Side()
    async with linked(near, far):
        near.say(b"x" * FULL_MESSAGE)
        near.say(b"y")
        await eventually(lambda: len(far.heard) == 2)
    assert [len(message) for message in far.heard] == [FULL_MESSAGE, 1]


async def test_while_the_other_side_takes_nothing_what_is_said_waits_and_grows() -> None:
    near, far = Side(), Side()
    async with linked(near, far):
        assert far.link._transport is not None
        far.link._transport.pause_reading()
        for _ in range(20):
            near.say_alone(b"x" * FULL_MESSAGE)
            await asyncio.sleep(0)
        waiting = len(near.link._waiting)
        assert waiting
        near.say(b"y")
        near.say(b"z")
        assert len(near.link._waiting) == waiting + 1
        far.link._transport.resume_reading()
        await eventually(lambda: len(far.heard) == 21)
    assert far.heard[-1] == b"yz"


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 70_000), min_size=1, max_size=8), cuts=st.lists(st.integers(1, 50_000), max_size=8)
)
async def test_messages_are_whole_however_their_bytes_arrive(sizes: list[int], cuts: list[int]) -> None:
    side = Side()
    said = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    packed = [BytesValue(value=value).SerializeToString() for value in said]
    data = b"".join(len(one).to_bytes(4, "big") + one for one in packed)
    async with written_to(side) as writer:
        for cut in cuts:
            writer.write(data[:cut])
            data = data[cut:]
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(data)
        await eventually(lambda: len(side.heard) == len(said))
    assert side.heard == said


async def test_the_largest_message_passes_and_one_over_it_ends_the_connection() -> None:
    near, far = Side(), Side(most=100_000)
    async with linked(near, far):
        near.say_alone(b"x" * 99_000)
        await eventually(lambda: far.heard)
        near.say_alone(b"x" * 100_001)
        await eventually(lambda: far.ended_by and near.ended_by)
    assert [len(message) for message in far.heard] == [99_000]
    assert "100000" in far.ended_by[0]


async def test_what_is_too_large_is_not_waited_for() -> None:
    side = Side(most=1000)
    async with written_to(side) as writer:
        writer.write((1001).to_bytes(4, "big"))
        await eventually(lambda: side.ended_by)
    assert "1001 bytes" in side.ended_by[0]


async def test_what_is_no_message_ends_the_connection() -> None:
    side = Side()
    async with written_to(side) as writer:
        writer.write(b"\x00\x00\x00\x02\xff\xff")
        await eventually(lambda: side.ended_by)
    assert "cannot be read" in side.ended_by[0]
    assert not side.heard


async def test_what_was_said_is_sent_before_it_closes_and_nothing_is_heard_after() -> None:
    near, far = Side(), Side()
    async with linked(near, far):
        near.say(b"last")
        near.link.close()
        near.link.close()
        await eventually(lambda: far.ended_by and near.ended_by)
    assert far.heard == [b"last"]
    assert (near.ended_by, far.ended_by) == (["it was closed"], ["the other side closed it"])


async def test_what_is_said_on_a_connection_that_ended_is_lost_without_an_error() -> None:
    near, far = Side(), Side()
    async with linked(near, far):
        near.link.abort("enough")
        near.say(b"too late")
        await eventually(lambda: near.ended_by and far.ended_by)
        near.say(b"later still")
        await asyncio.sleep(0)
    assert not far.heard
    assert near.ended_by == ["enough"]


async def test_the_kernels_find_out_that_the_other_machine_is_gone() -> None:
    near, far = Side(), Side()
    async with linked(near, far):
        for side in (near, far):
            assert side.link._transport is not None
            connection = side.link._transport.get_extra_info("socket")
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000


@pytest.mark.parametrize("size", [0, 1, 3])
async def test_a_length_that_is_cut_off_is_waited_for(size: int) -> None:
    side = Side()
    message = BytesValue(value=b"whole").SerializeToString()
    data = len(message).to_bytes(4, "big") + message
    async with written_to(side) as writer:
        writer.write(data + data[:size])
        await eventually(lambda: len(side.heard) == 1)
        writer.write(data[size:])
        await eventually(lambda: len(side.heard) == 2)
    assert side.heard == [b"whole", b"whole"]
