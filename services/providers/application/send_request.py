"""Sends a request to a vendor, with one of the provider's credentials."""

from resilience.errors import Reason
from services.providers.application.ports import Headers, VendorHttp, VendorRequest, VendorResponse
from services.providers.application.providers_in_use import ProviderInUse
from services.providers.domain.failure import VendorFailure
from services.providers.domain.key_pool import Credential

MAX_ERROR_BYTES = 64 * 1024
"""What is read of an error's body."""

_OK = 200
_MULTIPLE_CHOICES = 300


class SendRequest:
    """Posts and waits for the headers of an answer. `agent`: the User-Agent that vendors see."""

    def __init__(self, http: VendorHttp, *, agent: str) -> None:
        self._http = http
        self._headers: Headers = (("content-type", "application/json"), ("user-agent", agent))

    async def __call__(self, provider: ProviderInUse, request: VendorRequest, traceparent: str) -> VendorResponse:
        """The response, whose status is a success; whoever gets it must release or abandon it.

        Where the vendor refuses a credential, the pool's next one is tried, once. Raises VendorFailure.
        """
        credential = provider.keys.take()
        if credential is None and not provider.keyless:
            raise VendorFailure(Reason.VENDOR_AUTHENTICATION, why="The provider has no usable credential.")
        try:
            return await self._try(provider, request, traceparent, credential)
        except VendorFailure as failure:
            if failure.reason is not Reason.VENDOR_AUTHENTICATION or credential is None:
                raise
            other = provider.keys.take(refused=credential)
            if other is None:
                raise
        return await self._try(provider, request, traceparent, other)

    async def _try(
        self, provider: ProviderInUse, request: VendorRequest, traceparent: str, credential: Credential | None
    ) -> VendorResponse:
        dialect = provider.vendor.dialect
        headers = self._headers + dialect.headers(credential.secret if credential is not None else None)
        if traceparent:
            headers += (("traceparent", traceparent),)
        response = await self._http.post(provider.url + request.path, headers, request.body)
        if _OK <= response.status < _MULTIPLE_CHOICES:
            return response
        try:
            body = await response.read_some(MAX_ERROR_BYTES)
        finally:
            await response.abandon()
        raise VendorFailure(
            dialect.reason(response.status, body),
            status=response.status,
            body=body,
            retry_after=response.retry_after(),
        )
