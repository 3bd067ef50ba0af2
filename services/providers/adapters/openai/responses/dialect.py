"""OpenAI's responses as a Dialect."""

from resilience.errors import Failure, Reason
from services.providers.adapters.openai.errors import reason_of
from services.providers.adapters.openai.responses.answers import response_answer
from services.providers.adapters.openai.responses.requests import responses_request
from services.providers.adapters.openai.responses.stream import ResponseStreamDecoder
from services.providers.application.ports import Header, Headers, VendorRequest
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope
from services.providers.domain.losses import Losses


class OpenAIResponsesDialect:
    """See Dialect. `max_event`: bytes that one event of a stream may have; the last has the whole response in it."""

    def __init__(self, *, max_event: int) -> None:
        self._max_event = max_event

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:  # noqa: ARG002 - a key alone does
        """See Dialect."""
        return () if secret is None else (("authorization", f"Bearer {secret}"),)

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect. Raises Failure(UNSUPPORTED_BY_TARGET) where an answer is begun: OpenAI goes on with none."""
        if envelope.prefix:
            raise Failure(Reason.UNSUPPORTED_BY_TARGET, "A response that broke off is not gone on with.")
        losses = Losses(f"{envelope.provider}/{envelope.model}", envelope.unsupported)
        return responses_request(envelope.body, envelope.model, stream=stream, losses=losses)

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:  # noqa: ARG002 - the body says all
        """See Dialect."""
        return response_answer(body, vendor_request_id)

    def decoder(self, request: VendorRequest) -> ResponseStreamDecoder:
        """See Dialect."""
        return ResponseStreamDecoder(max_event=self._max_event, dropped=request.dropped)

    def reason(self, status: int, body: bytes, header: Header) -> Reason:  # noqa: ARG002 - told by bodies alone
        """See Dialect."""
        return reason_of(status, body)

    def retry_after(self, body: bytes) -> float | None:  # noqa: ARG002 - told by headers alone
        """See Dialect."""
        return None
