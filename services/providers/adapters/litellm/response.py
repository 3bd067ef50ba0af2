"""What LiteLLM's SDK gives back, as a vendor's answer over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.adapters.retry_after import retry_after
from services.providers.domain.failure import VendorFailure

PREFIX = "llm_provider-"
"""What the SDK puts before the names of the vendor's headers."""


async def _nothing() -> None:
    """For an answer that is there whole."""


class SdkResponse:
    """See VendorResponse. `pieces`: of the body. `close`: the SDK's call, of which there may be more to come."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        pieces: AsyncIterator[bytes],
        clock: Clock,
        close: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self.status = status
        self._headers = headers
        self._pieces = pieces
        self._clock = clock
        self._close = close

    def header(self, name: str) -> str:
        """See VendorResponse."""
        return self._headers.get(name.lower(), "")

    def retry_after(self) -> float | None:
        """See VendorResponse."""
        return retry_after(self.header, self._clock.now())

    async def chunk(self) -> bytes | None:
        """See VendorResponse."""
        return await anext(self._pieces, None)

    async def read(self, limit: int) -> bytes:
        """See VendorResponse."""
        body = b"".join([piece async for piece in self._pieces])
        if len(body) > limit:
            raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=self.status)
        return body

    async def read_some(self, limit: int) -> bytes:
        """See VendorResponse."""
        return (await self.chunk() or b"")[:limit]

    def release(self) -> None:
        """See VendorResponse. The mark of the end is said when the SDK's call is over."""

    async def abandon(self) -> None:
        """See VendorResponse."""
        await self._close()


async def whole(body: bytes) -> AsyncIterator[bytes]:
    """A body that is there."""
    yield body
