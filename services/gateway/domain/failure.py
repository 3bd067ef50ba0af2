"""A vendor's failure, with what the vendor said."""

from resilience.errors import Failure, Reason


class VendorFailure(Failure):
    """A vendor answered with an error, or not at all. `body`: the vendor's error body, scrubbed, for the caller."""

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        retryable: bool,
        retry_after: float | None = None,
        status: int | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(reason, message, retryable=retryable, retry_after=retry_after)
        self.status = status
        self.body = body
