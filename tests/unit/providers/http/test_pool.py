"""What a pool gives out in the moment in which a connection is closing, and its loop has not said so yet."""

import asyncio
from collections.abc import Callable

import pytest

from resilience.clock import VirtualClock
from services.providers.adapters.http.connection import Connection
from services.providers.adapters.http.pool import IDLE, Pool
from services.providers.adapters.http.unreachable import NotConnectedError

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Wire(asyncio.Transport):
    """Takes what is written, and tells of its end a turn of the loop after it was closed, as transports do."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = False
        self.protocol: asyncio.BaseProtocol = asyncio.Protocol()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closing

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        if not self.closing:
            self.closing = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


async def idle(clock: VirtualClock, wire: Wire) -> tuple[Pool, Connection]:
    """A pool, and the one connection that waits in it."""

    async def connect() -> asyncio.Transport:
        return wire

    pool = Pool(connect, 4, clock)
    connection = await pool.connect()
    connection.exchange(b"", b"{}")
    connection.data_received(ANSWER)
    return pool, connection


async def test_a_connection_that_was_answered_waits_for_the_next_call() -> None:
    pool, connection = await idle(VirtualClock(), Wire())
    assert (pool.take(), pool.take()) == (connection, None)


@pytest.mark.parametrize(
    "close",
    [
        lambda pool, _: pool.sweep(),
        lambda pool, _: pool.close(),
        lambda _, connection: connection.data_received(b"unasked"),
        lambda _, connection: connection.eof_received(),
    ],
    ids=["too old", "not needed", "said what nobody asked for", "ended by the vendor"],
)
async def test_a_connection_that_is_closing_is_not_given_out(close: Callable[[Pool, Connection], None]) -> None:
    clock, wire = VirtualClock(), Wire()
    pool, connection = await idle(clock, wire)
    await clock.advance(IDLE)
    close(pool, connection)
    assert wire.closing
    assert pool.take() is None


async def test_one_that_was_closed_before_it_was_used_is_not_taken_for_one() -> None:
    wire = Wire()
    wire.closing = True
    with pytest.raises(NotConnectedError, match="connection reset"):
        await idle(VirtualClock(), wire)
