"""A vendor's answer as the use cases read it, and the ends of answers that are waited for to use connections again."""

from collections.abc import Callable
from functools import partial

from resilience.clock import Clock, Timer
from resilience.errors import Reason
from services.providers.adapters.http.answer import Answer
from services.providers.adapters.http.inflate import Inflate
from services.providers.adapters.retry_after import retry_after
from services.providers.domain.failure import VendorFailure

RELEASE_TIMEOUT = 1.0
"""Seconds for the end of a body to pass, so that its connection can be used again."""
MAX_RELEASING = 1000
"""Connections whose end is waited for at a time; further ones are closed."""


class HttpResponse:
    """See VendorResponse."""

    __slots__ = ("_answer", "_clock", "_inflate", "_releasing", "status")

    def __init__(self, answer: Answer, clock: Clock, releasing: "Releasing") -> None:
        self.status = answer.status
        self._answer = answer
        self._clock = clock
        self._releasing = releasing
        encoding = answer.header(b"content-encoding")
        self._inflate = Inflate(encoding.decode("latin-1")) if encoding and encoding.lower() != b"identity" else None

    def header(self, name: str) -> str:
        """See VendorResponse."""
        return self._answer.header(name.encode()).decode("latin-1")

    def retry_after(self) -> float | None:
        """See VendorResponse."""
        return retry_after(self.header, self._clock.now())

    async def read(self, limit: int) -> bytes:
        """See VendorResponse."""
        answer = self._answer
        if self._inflate is not None:
            return await self._read_inflated(limit)
        if not answer.over:
            length = answer.header(b"content-length")
            if length and int(length) > limit:
                raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=self.status)
            await answer.wait(limit + 1)
        if answer.size > limit:
            raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=self.status)
        if answer.broken:
            raise VendorFailure(Reason.VENDOR_CONNECTION_LOST, status=self.status)
        return answer.take()

    async def read_some(self, limit: int) -> bytes:
        """See VendorResponse."""
        body = bytearray()
        try:
            while len(body) < limit and (chunk := await self.chunk()) is not None:
                body += chunk
        except VendorFailure:
            pass  # what came is what the vendor said
        return bytes(body[:limit])

    async def chunk(self) -> bytes | None:
        """See VendorResponse."""
        if self._inflate is not None:
            return await self._inflated(self._inflate)
        return await self._sent()

    def release(self) -> None:
        """See VendorResponse."""
        if not self._answer.over:
            self._releasing.take(self._answer)

    async def abandon(self) -> None:
        """See VendorResponse."""
        self._answer.abandon()

    async def _sent(self) -> bytes | None:
        answer = self._answer
        if not answer.size:
            await answer.wait(1)
        if answer.size:
            return answer.take()
        if answer.broken:
            raise VendorFailure(Reason.VENDOR_CONNECTION_LOST, status=self.status)
        return None

    async def _inflated(self, inflate: Inflate) -> bytes | None:
        try:
            while not (piece := inflate.take()):
                sent = await self._sent()
                if sent is None:
                    inflate.end()
                    return None
                inflate.feed(sent)
        except ValueError as error:
            why = f"The vendor's answer could not be read: it is {error}."
            raise VendorFailure(Reason.VENDOR_MALFORMED, why=why, status=self.status) from None
        return piece

    async def _read_inflated(self, limit: int) -> bytes:
        body = bytearray()
        while (chunk := await self.chunk()) is not None:
            body += chunk
            if len(body) > limit:
                raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=self.status)
        return bytes(body)


class Releasing:
    """Answers whose end is waited for, with one timer for all of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[Answer, float] = {}
        self._timer: Timer | None = None

    def take(self, answer: Answer) -> None:
        """Wait for its end for a moment; close its connection at once where there are too many."""
        if len(self._until) >= MAX_RELEASING:
            answer.abandon()
            return
        self._until[answer] = self._clock.monotonic() + RELEASE_TIMEOUT
        ended: Callable[[], object] = partial(self._until.pop, answer, None)
        answer.release(ended)
        if self._timer is None:
            self._timer = self._clock.call_later(RELEASE_TIMEOUT, self._close_overdue)

    def close(self) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
        for answer in list(self._until):
            answer.abandon()

    def _close_overdue(self) -> None:
        now = self._clock.monotonic()
        for answer in [answer for answer, until in self._until.items() if until <= now]:
            answer.abandon()
        first = next(iter(self._until.values()), None)
        self._timer = None if first is None else self._clock.call_later(first - now, self._close_overdue)
