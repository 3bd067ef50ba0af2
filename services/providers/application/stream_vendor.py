"""Calls a target and answers as frames."""

import asyncio
from collections.abc import AsyncGenerator

from resilience.errors import Reason
from services.providers.application.backlog import Backlog
from services.providers.application.ports import Dialect, Observer, StreamDecoder, VendorRequest, VendorResponse
from services.providers.application.providers_in_use import ProviderInUse, ProvidersInUse
from services.providers.application.send_request import SendRequest
from services.providers.application.show_failure import show_safely
from services.providers.domain.answer import Frame
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure

LINGER_FOR_USAGE = 2.0
"""Seconds that usage may come after the last finish reason; the answer is whole without it."""
LINGER_FOR_END = 0.1
"""Seconds that the mark of the end may come after the usage."""


_NOT_STREAMS = ("application/json", "text/html")


class FrameStream:
    """One streamed answer, read by a task of its own, so that the vendor is read while frames are being passed on."""

    def __init__(self, read: "Reading") -> None:
        self._backlog = read.backlog
        self._task = asyncio.create_task(read.run(), name="stream")

    async def batches(self) -> AsyncGenerator[list[Frame], None]:
        """Frames that were ready together. Raises VendorFailure or Failure after the last of them."""
        try:
            while batch := await self._backlog.take():
                yield batch
        finally:
            self.cancel()
            await asyncio.wait((self._task,))

    def cancel(self, *_: object) -> None:
        """Close the vendor's connection now, unless the answer is over. May be called twice, and as a callback."""
        self._task.cancel()


class StreamVendor:
    """One call, tried once. `max_bytes`: of an answer, decompressed."""

    def __init__(self, providers: ProvidersInUse, send: SendRequest, observer: Observer, *, max_bytes: int) -> None:
        self._providers = providers
        self._send = send
        self._observer = observer
        self._max_bytes = max_bytes

    def __call__(self, envelope: Envelope) -> FrameStream:
        """Begin to call. Raises Failure where the provider is not known."""
        provider = self._providers.find(envelope.organization, envelope.provider)
        return FrameStream(Reading(envelope, provider, self._send, self._observer, self._max_bytes))


class Reading:
    """The vendor's side of one stream."""

    def __init__(
        self, envelope: Envelope, provider: ProviderInUse, send: SendRequest, observer: Observer, max_bytes: int
    ) -> None:
        self.backlog = Backlog()
        self._envelope = envelope
        self._provider = provider
        self._send = send
        self._observer = observer
        self._left = max_bytes

    async def run(self) -> None:
        """Read to the end, whatever it is; the backlog is told."""
        try:
            vendor = self._provider.vendor.name
            with self._observer.attempt(self._envelope, vendor=vendor, host=self._provider.host) as attempt:
                await self._exchange(attempt.traceparent)
        except VendorFailure as failure:
            show_safely(failure, self._provider)
            self.backlog.close(failure)
        except Exception as error:  # noqa: BLE001 - whoever takes the frames is told, and raises it
            self.backlog.close(error)
        else:
            self.backlog.close()

    async def _exchange(self, traceparent: str) -> None:
        dialect = self._provider.vendor.spoken_to(self._envelope.dialect)
        request = dialect.request(self._envelope, stream=True)
        decoder = dialect.decoder(request)
        response: VendorResponse | None = None
        try:
            async with asyncio.timeout(self._envelope.timeout) as limit:
                response = await self._send(self._provider, dialect, request, traceparent)
                if response.header("content-type").lower().startswith(_NOT_STREAMS):
                    await self._read_whole(response, dialect, request)
                await self._read_events(response, decoder, limit)
        except TimeoutError:
            if not decoder.complete:
                raise VendorFailure(Reason.VENDOR_TIMEOUT) from None
        except VendorFailure as failure:
            # What goes wrong once every choice has its finish reason takes nothing from the answer.
            if not decoder.complete:
                if response is None or failure.reason is not Reason.VENDOR_CONNECTION_LOST:
                    raise
                raise VendorFailure(Reason.VENDOR_STREAM_CUT, status=response.status) from None
        finally:
            if response is not None:
                if decoder.ended:
                    response.release()
                else:
                    await response.abandon()
        for frame in decoder.close():
            self.backlog.add(frame)

    async def _read_events(self, response: VendorResponse, decoder: StreamDecoder, limit: asyncio.Timeout) -> None:
        """Return at the end of the stream, or of what is worth waiting for."""
        complete = told = False
        while (chunk := await response.chunk()) is not None:
            self._left -= len(chunk)
            if self._left < 0:
                raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=response.status)
            for frame in decoder.feed(chunk):
                self.backlog.add(frame)
            if decoder.ended:
                return
            if (complete, told) != (decoder.complete, decoder.usage_told) and decoder.complete:
                _shorten(limit, LINGER_FOR_END if decoder.usage_told else LINGER_FOR_USAGE)
            complete, told = decoder.complete, decoder.usage_told
            await self.backlog.room()

    async def _read_whole(self, response: VendorResponse, dialect: Dialect, request: VendorRequest) -> None:
        """Raise what a body says that is not a stream: an error, or an answer that was not asked for."""
        body = await response.read(self._left)
        dialect.answer(request, body, "")
        raise VendorFailure(
            Reason.VENDOR_MALFORMED,
            why="The vendor answered whole where a stream was asked for.",
            status=response.status,
        )


def _shorten(limit: asyncio.Timeout, seconds: float) -> None:
    sooner = asyncio.get_running_loop().time() + seconds
    now = limit.when()
    limit.reschedule(sooner if now is None else min(now, sooner))
