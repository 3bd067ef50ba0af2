"""AWS Bedrock's Converse and ConverseStream as a Dialect."""

from collections.abc import Callable
from datetime import datetime

from resilience.errors import Reason
from services.providers.adapters.bedrock.answers import whole_answer
from services.providers.adapters.bedrock.auth import authenticate
from services.providers.adapters.bedrock.errors import reason_of
from services.providers.adapters.bedrock.requests import converse_request
from services.providers.adapters.bedrock.stream import ConverseStreamDecoder
from services.providers.application.ports import Header, Headers, VendorRequest
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope


class BedrockDialect:
    """See Dialect. `max_event`: bytes that one frame of a stream may have. `now`: the time in UTC, which is signed.

    `region`: where the provider is, for hosts that do not name it.
    """

    def __init__(self, *, max_event: int, now: Callable[[], datetime], region: str = "") -> None:
        self._max_event = max_event
        self._now = now
        self._region = region

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:
        """See Dialect, and the module `auth` for what a secret may be."""
        return () if secret is None else authenticate(secret, url, body, self._now(), self._region)

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect."""
        return converse_request(envelope.body, envelope.model, stream=stream, prefix=envelope.prefix)

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:  # noqa: ARG002
        """See Dialect."""
        return whole_answer(body, vendor_request_id)

    def decoder(self, request: VendorRequest) -> ConverseStreamDecoder:
        """See Dialect."""
        return ConverseStreamDecoder(max_event=self._max_event, seam=request.seam)

    def reason(self, status: int, body: bytes, header: Header) -> Reason:
        """See Dialect."""
        return reason_of(status, body, header("x-amzn-errortype"))

    def retry_after(self, body: bytes) -> float | None:  # noqa: ARG002 - told by headers alone
        """See Dialect."""
        return None
