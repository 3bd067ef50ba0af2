"""The connections to one host at the addresses that were checked, used again and again."""

import asyncio
from collections.abc import Awaitable, Callable

from resilience.clock import Clock
from services.providers.adapters.http.connection import Connection
from services.providers.adapters.http.unreachable import NotConnectedError

IDLE = 50.0
"""Seconds that a connection waits for its next request: less than the minute after which balancers close one."""


class Pool:
    """See Home. `connect` gives what a new connection runs over; at most `max_idle` wait for their next request."""

    def __init__(self, connect: Callable[[], Awaitable[asyncio.Transport]], max_idle: int, clock: Clock) -> None:
        self._connect = connect
        self._max_idle = max_idle
        self._clock = clock
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._closed = False
        self._emptied: asyncio.Future[None] | None = None

    def take(self) -> Connection | None:
        """The one that was used last, so that those that are too many grow old; None where all are in use."""
        idle = self._idle
        while idle:
            connection = idle.pop()
            if connection.usable:
                return connection
        return None

    async def connect(self) -> Connection:
        """A new one. Raises NotConnectedError."""
        transport = await self._connect()
        if transport.is_closing():
            # It was closed before anybody was there to be told.
            raise NotConnectedError("connection reset")
        connection = Connection(transport, self)
        self._open.add(connection)
        return connection

    def give(self, connection: Connection) -> None:
        """See Home."""
        if self._closed or len(self._idle) >= self._max_idle:
            connection.abort()
        else:
            connection.idle_since = self._clock.monotonic()
            self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """See Home."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if self._emptied is not None and not self._open and not self._emptied.done():
            self._emptied.set_result(None)

    def sweep(self) -> None:
        """Close those that have waited for too long."""
        before = self._clock.monotonic() - IDLE
        for connection in [one for one in self._idle if one.idle_since <= before]:
            connection.abort()

    def close(self) -> None:
        """Close those that wait; each of the others is closed when its answer is over."""
        self._closed = True
        for connection in self._idle:
            connection.abort()

    async def aclose(self) -> None:
        """Close all of them now, and return when they are."""
        self._closed = True
        for connection in list(self._open):
            connection.abort()
        if self._open:
            self._emptied = asyncio.get_running_loop().create_future()
            await self._emptied
