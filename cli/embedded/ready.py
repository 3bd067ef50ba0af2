"""What is true when `up` is ready: every service can serve, and the key that it prints is known."""

import asyncio
from collections.abc import Sequence

from pyqwest import Client, HTTPTransport, ReadError, RemoteProtocolError, WriteError

from cli.embedded.child import Child
from resilience.clock import Clock

POLL = 0.1
PROBE_TIMEOUT = 2.0
"""Seconds."""

_OK = 200
_NOT_YET = (OSError, ReadError, WriteError, RemoteProtocolError)


class Readiness:
    """Waits; `waiting_for` says what for, by the name of the process."""

    def __init__(self, children: Sequence[Child], clock: Clock) -> None:
        self._clock = clock
        self._client = Client(HTTPTransport(enable_otel=False, connect_timeout=PROBE_TIMEOUT))
        self.waiting_for = {child.name: child for child in children if child.program.health_url}

    async def wait(self, url: str, key: str) -> None:
        """Return once every child's health page says so, and `key` (where there is one) opens `url`."""
        await asyncio.gather(*(self._healthy(child) for child in tuple(self.waiting_for.values())))
        while key and not await self._answers(f"{url}/v1/models", {"authorization": f"Bearer {key}"}):
            await self._clock.sleep(POLL)

    async def _healthy(self, child: Child) -> None:
        while not await self._answers(child.program.health_url, {}):
            await self._clock.sleep(POLL)
        del self.waiting_for[child.name]

    async def _answers(self, url: str, headers: dict[str, str]) -> bool:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                response = await self._client.get(url, headers)
        except _NOT_YET:
            return False
        return response.status == _OK
