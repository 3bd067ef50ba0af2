"""Calls a target and answers whole."""

import asyncio

from msgspec.structs import replace

from resilience.errors import Reason
from services.providers.application.ports import Dialect, Observer, VendorRequest
from services.providers.application.providers_in_use import ProviderInUse, ProvidersInUse
from services.providers.application.send_request import SendRequest
from services.providers.application.show_failure import show_safely
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure


class CallVendor:
    """One call, tried once. `max_bytes`: of an answer, decompressed."""

    def __init__(self, providers: ProvidersInUse, send: SendRequest, observer: Observer, *, max_bytes: int) -> None:
        self._providers = providers
        self._send = send
        self._observer = observer
        self._max_bytes = max_bytes

    async def __call__(self, envelope: Envelope) -> Answer:
        """The vendor's answer. Raises VendorFailure where the vendor failed, Failure where the call makes no sense."""
        provider = self._providers.find(envelope.organization, envelope.provider)
        dialect = provider.vendor.spoken_to(envelope.dialect)
        request = dialect.request(envelope, stream=False)
        with self._observer.attempt(envelope, vendor=provider.vendor.name, host=provider.host) as attempt:
            try:
                async with asyncio.timeout(envelope.timeout):
                    return await self._exchange(provider, dialect, request, attempt.traceparent)
            except TimeoutError:
                raise VendorFailure(Reason.VENDOR_TIMEOUT) from None
            except VendorFailure as failure:
                show_safely(failure, provider)
                raise

    async def _exchange(
        self, provider: ProviderInUse, dialect: Dialect, request: VendorRequest, traceparent: str
    ) -> Answer:
        response = await self._send(provider, dialect, request, traceparent)
        try:
            body = await response.read(self._max_bytes)
        finally:
            await response.abandon()
        answer = dialect.answer(request, body, provider.vendor.request_id(response.header))
        return replace(answer, dropped=request.dropped) if request.dropped else answer
