"""OpenAI's chat completions as a Dialect."""

from resilience.errors import Reason
from services.providers.adapters.openai.answers import chat_answer
from services.providers.adapters.openai.errors import reason_of
from services.providers.adapters.openai.means import OPENAI, Means
from services.providers.adapters.openai.requests import chat_request
from services.providers.adapters.openai.stream import ChatStreamDecoder
from services.providers.application.ports import Header, Headers, VendorRequest
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope
from services.providers.domain.losses import Losses


class OpenAIDialect:
    """See Dialect. `max_event`: bytes that one event of a stream may have. `means`: what the vendor can be told."""

    def __init__(self, *, max_event: int, means: Means = OPENAI) -> None:
        self._max_event = max_event
        self._means = means

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:  # noqa: ARG002 - a key alone does
        """See Dialect."""
        return () if secret is None else (("authorization", f"Bearer {secret}"),)

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect."""
        losses = Losses(f"{envelope.provider}/{envelope.model}", envelope.unsupported)
        return chat_request(
            envelope.body, envelope.model, stream=stream, prefix=envelope.prefix, means=self._means, losses=losses
        )

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:  # noqa: ARG002 - the body says all
        """See Dialect."""
        return chat_answer(body, vendor_request_id)

    def decoder(self, request: VendorRequest) -> ChatStreamDecoder:
        """See Dialect."""
        return ChatStreamDecoder(
            choices=request.choices,
            usage_hidden=request.usage_hidden,
            max_event=self._max_event,
            dropped=request.dropped,
        )

    def reason(self, status: int, body: bytes, header: Header) -> Reason:  # noqa: ARG002 - told by bodies alone
        """See Dialect."""
        return reason_of(status, body)

    def retry_after(self, body: bytes) -> float | None:  # noqa: ARG002 - told by headers alone
        """See Dialect."""
        return None
