"""Gemini's generateContent as a Dialect."""

from resilience.errors import Reason
from services.providers.adapters.gemini.answers import whole_answer
from services.providers.adapters.gemini.errors import reason_of, retry_after
from services.providers.adapters.gemini.requests import gemini_request
from services.providers.adapters.gemini.stream import GeminiStreamDecoder
from services.providers.application.ports import Header, Headers, VendorRequest
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope


class GeminiDialect:
    """See Dialect, with the Gemini API's keys. `max_event`: bytes that one event of a stream may have."""

    def __init__(self, *, max_event: int) -> None:
        self._max_event = max_event

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:  # noqa: ARG002 - a key alone does
        """See Dialect."""
        return () if secret is None else (("x-goog-api-key", secret),)

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect."""
        return gemini_request(envelope.body, envelope.model, stream=stream, prefix=envelope.prefix)

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:  # noqa: ARG002 - the body says all
        """See Dialect."""
        return whole_answer(body, vendor_request_id)

    def decoder(self, request: VendorRequest) -> GeminiStreamDecoder:
        """See Dialect."""
        return GeminiStreamDecoder(choices=request.choices, max_event=self._max_event)

    def reason(self, status: int, body: bytes, header: Header) -> Reason:  # noqa: ARG002 - told by bodies alone
        """See Dialect."""
        return reason_of(status, body)

    def retry_after(self, body: bytes) -> float | None:
        """See Dialect."""
        return retry_after(body)
