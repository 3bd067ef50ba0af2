"""What an endpoint beside a vendor's chats has in common with them: whom it lets in, and how it refuses."""

from resilience.errors import Failure, Reason
from services.providers.application.ports import Dialect, Header, Headers, StreamDecoder, VendorRequest


class Beside:
    """The parts of a Dialect that are those of `chats`, the vendor's main one."""

    def __init__(self, chats: Dialect) -> None:
        self._chats = chats

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:
        """See Dialect."""
        return self._chats.authenticate(secret, url, body)

    def reason(self, status: int, body: bytes, header: Header) -> Reason:
        """See Dialect."""
        return self._chats.reason(status, body, header)

    def retry_after(self, body: bytes) -> float | None:
        """See Dialect."""
        return self._chats.retry_after(body)


class Unstreamed(Beside):
    """Of an endpoint that answers whole only."""

    def decoder(self, request: VendorRequest) -> StreamDecoder:  # noqa: ARG002 - whatever it is
        """See Dialect. There is none."""
        raise not_streamed()


def not_streamed() -> Failure:
    """The failure of a request for a stream where there is none."""
    return Failure(Reason.INVALID_REQUEST, "What is asked for is not streamed.", detail={"param": "stream"})
