"""What is true when `up` is ready: every service can serve, and the key that it prints is known."""

import asyncio
from collections.abc import Iterable

from pyqwest import Client, HTTPTransport, ReadError, RemoteProtocolError, WriteError

from cli.embedded.child import Program
from resilience.clock import Clock

POLL = 0.1
PROBE_TIMEOUT = 2.0
"""Seconds."""

_OK = 200
_NOT_YET = (OSError, ReadError, WriteError, RemoteProtocolError)


class Readiness:
    """Asks; `waiting_for` names the processes that said no when they were asked last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client = Client(HTTPTransport(enable_otel=False, connect_timeout=PROBE_TIMEOUT))
        self.waiting_for: set[str] = set()

    async def healthy(self, programs: Iterable[Program]) -> None:
        """Return once the health page of each says that it can serve."""
        await asyncio.gather(*(self._healthy(program) for program in programs))

    async def opens(self, url: str, key: str) -> None:
        """Return once `key` opens the gateway at `url`."""
        while not await self._answers(f"{url}/v1/models", {"authorization": f"Bearer {key}"}):
            await self._clock.sleep(POLL)

    async def _healthy(self, program: Program) -> None:
        self.waiting_for.add(program.name)
        while not await self._answers(program.health_url, {}):
            await self._clock.sleep(POLL)
        self.waiting_for.discard(program.name)

    async def _answers(self, url: str, headers: dict[str, str]) -> bool:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                response = await self._client.get(url, headers)
        except _NOT_YET:
            return False
        return response.status == _OK
