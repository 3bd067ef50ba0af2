"""HTTP to vendors: pyqwest's pooled connections, its errors as reasons."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from pyqwest import Headers as NativeHeaders
from pyqwest import HTTPTransport, ReadError, RemoteProtocolError, Request, Response, WriteError

from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.adapters.retry_after import retry_after
from services.providers.adapters.unreachable import cause_of
from services.providers.application.ports import Headers
from services.providers.domain.failure import VendorFailure

RELEASE_TIMEOUT = 1.0
"""Seconds for the end of a body to pass, so that its connection can be used again."""
MAX_RELEASING = 1000
"""Connections whose end is waited for at a time; further ones are closed."""


class PyqwestHttp:
    """See VendorHttp; an async context manager.

    `max_idle` connections per host are kept for the next call. `connect_timeout`: seconds for TCP and TLS together.
    """

    def __init__(self, *, connect_timeout: float, max_idle: int, clock: Clock) -> None:
        self._transport = HTTPTransport(
            tls_include_system_certs=True,
            connect_timeout=connect_timeout,
            pool_max_idle_per_host=max_idle,
            follow_redirects=False,
            enable_otel=False,
        )
        self._clock = clock
        self._releasing: set[asyncio.Task[None]] = set()

    async def post(self, url: str, headers: Headers, body: bytes) -> "PyqwestResponse":
        """See VendorHttp."""
        try:
            response = await self._transport.execute(Request("POST", url, NativeHeaders(headers), body))
        except ConnectionError as error:
            # Refused, no such host, no handshake, or the time to connect is over: no byte of the request was sent.
            cause = cause_of(error)
            why = f"The vendor could not be reached: {cause}." if cause else ""
            raise VendorFailure(Reason.VENDOR_UNREACHABLE, why=why) from None
        except (WriteError, ReadError, RemoteProtocolError):
            raise VendorFailure(Reason.VENDOR_CONNECTION_LOST) from None
        except (RuntimeError, ValueError):
            raise VendorFailure(Reason.VENDOR_UNREACHABLE, why="The provider's base URL is not usable.") from None
        return PyqwestResponse(response, self._clock, self._release)

    def _release(self, response: "PyqwestResponse") -> None:
        if len(self._releasing) >= MAX_RELEASING:
            return
        task = asyncio.create_task(response.drain(), name="release")
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self._releasing:
            task.cancel()
        await asyncio.gather(*self._releasing, return_exceptions=True)
        await self._transport.aclose()


class PyqwestResponse:
    """See VendorResponse."""

    def __init__(self, response: Response, clock: Clock, release: Callable[["PyqwestResponse"], None]) -> None:
        self.status = response.status
        self._response = response
        self._headers = response.headers
        self._content = response.content
        self._clock = clock
        self._release = release
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
            self._release(self)

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
