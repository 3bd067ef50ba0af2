"""A vendor's answer as pyqwest gives it, and the ends of bodies that are waited for to use their connections again."""

import asyncio
from types import TracebackType
from typing import Self

from pyqwest import ReadError, RemoteProtocolError, Response

from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.adapters.retry_after import retry_after
from services.providers.domain.failure import VendorFailure

RELEASE_TIMEOUT = 1.0
"""Seconds for the end of a body to pass, so that its connection can be used again."""
MAX_RELEASING = 1000
"""Connections whose end is waited for at a time; further ones are closed."""


class PyqwestResponse:
    """See VendorResponse."""

    def __init__(self, response: Response, clock: Clock, releasing: "Releasing") -> None:
        self.status = response.status
        self._response = response
        self._headers = response.headers
        self._content = response.content
        self._clock = clock
        self._releasing = releasing
        self._over = False

    def header(self, name: str) -> str:
        """See VendorResponse."""
        return self._headers.get(name) or ""

    def retry_after(self) -> float | None:
        """See VendorResponse."""
        return retry_after(self.header, self._clock.now())

    async def chunk(self) -> bytes | None:
        """See VendorResponse."""
        try:
            return bytes(await anext(self._content))
        except StopAsyncIteration:
            self._over = True
            return None
        except (ReadError, RemoteProtocolError, OSError):
            raise VendorFailure(Reason.VENDOR_CONNECTION_LOST, status=self.status) from None

    async def read(self, limit: int) -> bytes:
        """See VendorResponse."""
        expected = self._length()
        if expected is not None and expected > limit:
            raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=self.status)
        first = await self.chunk()
        if first is not None and len(first) == expected:
            # Nothing can follow, so the turn around the loop that would say so is saved.
            self._over = True
            return first
        body = bytearray(first or b"")
        while first is not None and (chunk := await self.chunk()) is not None:
            body += chunk
            if len(body) > limit:
                raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=self.status)
        return bytes(body)

    async def read_some(self, limit: int) -> bytes:
        """See VendorResponse."""
        body = bytearray()
        try:
            while len(body) < limit and (chunk := await self.chunk()) is not None:
                body += chunk
        except VendorFailure:
            pass  # what came is what the vendor said
        return bytes(body[:limit])

    def release(self) -> None:
        """See VendorResponse."""
        if not self._over:
            self._releasing.take(self)

    async def abandon(self) -> None:
        """See VendorResponse."""
        if not self._over:
            self._over = True
            await self._response.aclose()

    async def drain(self) -> None:
        """Read what is left, for a moment; then close."""
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT):
                while await self.chunk() is not None:
                    pass
        except (TimeoutError, VendorFailure):
            pass
        finally:
            await self.abandon()

    def _length(self) -> int | None:
        """What the body's length is said to be; None where it is not, as with compressed ones."""
        value = self.header("content-length")
        return int(value) if value.isdigit() else None


class Releasing:
    """The answers whose end is waited for; an async context manager, which waits no longer once it is left."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, response: PyqwestResponse) -> None:
        """Drain it, unless there are too many: it is then closed by being forgotten."""
        if len(self._tasks) >= MAX_RELEASING:
            return
        task = asyncio.create_task(response.drain(), name="release")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
