"""TCP to one of several addresses: the best first, the next beside it where that takes long."""

import asyncio
import socket
from collections.abc import Sequence

HEAD_START = 0.25
"""Seconds after which the next address is tried beside those before it (RFC 8305, section 5)."""

_QUIET = 15
"""Seconds of silence after which the kernel asks whether the other side is still there; 3 times, then it is not."""
_PROBES = (("TCP_KEEPIDLE", _QUIET), ("TCP_KEEPINTVL", _QUIET), ("TCP_KEEPCNT", 3))


async def dial(addresses: Sequence[str], port: int) -> asyncio.Transport:
    """The first connection that is made. Raises the OSError of the last address where none is."""
    if len(addresses) == 1:
        return await _connect(addresses[0], port)
    waiting, under_way = list(addresses), set[asyncio.Task[asyncio.Transport]]()
    failed: OSError = OSError()
    try:
        while waiting or under_way:
            if waiting:
                under_way.add(asyncio.create_task(_connect(waiting.pop(0), port), name="dial"))
            done, _ = await asyncio.wait(
                under_way, timeout=HEAD_START if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                try:
                    connected = attempt.result()
                except OSError as error:
                    failed = error
                    under_way.discard(attempt)
                else:
                    under_way.discard(attempt)
                    return connected
        raise failed
    finally:
        await _end(under_way)


async def _end(attempts: set[asyncio.Task[asyncio.Transport]]) -> None:
    """Close what is not needed any more, connected or not."""
    for attempt in attempts:
        attempt.cancel()
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(outcome, asyncio.Transport):
            outcome.abort()


async def _connect(address: str, port: int) -> asyncio.Transport:
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, address, port)
    kept_alive: socket.socket = transport.get_extra_info("socket")
    kept_alive.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES:
        if (option := getattr(socket, name, None)) is not None:
            kept_alive.setsockopt(socket.IPPROTO_TCP, option, value)
    return transport
