"""A vendor's failure, with what the vendor said."""

from resilience.errors import Failure, Reason

MAX_WORDS = 2_000
"""Bytes of the vendor's words in `detail`: gRPC has them among its trailers, which are 8 kB at most."""


class VendorFailure(Failure):
    """A vendor answered with an error, or not at all.

    `body`: the vendor's error body, scrubbed, for the caller; its beginning is `vendor` in the detail.
    """

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
        words = {"vendor": body[:MAX_WORDS].decode(errors="replace")} if body else None
        super().__init__(reason, message, retryable=retryable, retry_after=retry_after, detail=words)
        self.status = status
        self.body = body
