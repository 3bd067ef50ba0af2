"""Anthropic's Messages API as a Dialect."""

from resilience.errors import Reason
from services.providers.adapters.anthropic.answers import message_answer
from services.providers.adapters.anthropic.errors import reason_of
from services.providers.adapters.anthropic.requests import message_request
from services.providers.adapters.anthropic.stream import MessageStreamDecoder
from services.providers.application.ports import Header, Headers, VendorRequest
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope


class AnthropicDialect:
    """See Dialect. `max_event`: bytes that one event of a stream may have."""

    def __init__(self, *, max_event: int) -> None:
        self._max_event = max_event

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:  # noqa: ARG002 - a key alone does
        """See Dialect."""
        return () if secret is None else (("x-api-key", secret),)

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect."""
        return message_request(
            envelope.body, envelope.model, stream=stream, prefix=envelope.prefix, told=envelope.headers
        )

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:  # noqa: ARG002 - the body says all
        """See Dialect."""
        return message_answer(body, vendor_request_id)

    def decoder(self, request: VendorRequest) -> MessageStreamDecoder:
        """See Dialect."""
        return MessageStreamDecoder(max_event=self._max_event, dropped=request.dropped, seam=request.seam)

    def reason(self, status: int, body: bytes, header: Header) -> Reason:  # noqa: ARG002 - told by bodies alone
        """See Dialect."""
        return reason_of(status, body)

    def retry_after(self, body: bytes) -> float | None:  # noqa: ARG002 - told by headers alone
        """See Dialect."""
        return None
