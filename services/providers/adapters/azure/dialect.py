"""Azure OpenAI as a Dialect: OpenAI's, but for where it is asked and what lets in."""

from msgspec.structs import replace

from resilience.errors import Reason
from services.providers.adapters.azure.addresses import path_of
from services.providers.application.ports import Dialect, Header, Headers, StreamDecoder, VendorRequest
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope


class AzureDialect:
    """See Dialect. `spoken`: OpenAI's, for the same callers. `api_version`: empty for the v1 API's own."""

    def __init__(self, spoken: Dialect, *, api_version: str = "") -> None:
        self._spoken = spoken
        self._api_version = api_version

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:  # noqa: ARG002 - a key alone does
        """See Dialect. What is no key is exchanged for a token."""
        return () if secret is None else (("api-key", secret),)

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect. The model is the name of a deployment."""
        request = self._spoken.request(envelope, stream=stream)
        return replace(request, path=path_of(request.path, envelope.model, self._api_version))

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:
        """See Dialect."""
        return self._spoken.answer(request, body, vendor_request_id)

    def decoder(self, request: VendorRequest) -> StreamDecoder:
        """See Dialect."""
        return self._spoken.decoder(request)

    def reason(self, status: int, body: bytes, header: Header) -> Reason:
        """See Dialect."""
        return self._spoken.reason(status, body, header)

    def retry_after(self, body: bytes) -> float | None:
        """See Dialect."""
        return self._spoken.retry_after(body)
