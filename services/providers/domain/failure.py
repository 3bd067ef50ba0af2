"""How a vendor fails: each reason with what it means for the next try, and the failure that carries what was said."""

from dataclasses import dataclass

from resilience.errors import Failure, Reason


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reason says to a reader, and whether the same call may succeed later."""

    message: str
    retryable: bool


MEANINGS: dict[Reason, Meaning] = {
    Reason.VENDOR_RATE_LIMITED: Meaning("The vendor's rate limit was reached.", True),
    Reason.VENDOR_OVERLOADED: Meaning("The vendor is overloaded.", True),
    Reason.VENDOR_QUOTA_EXHAUSTED: Meaning("The account's quota at the vendor is used up.", False),
    Reason.VENDOR_AUTHENTICATION: Meaning("The vendor refused the credential that Seawall showed.", False),
    Reason.VENDOR_REJECTED: Meaning("The vendor rejected the request.", False),
    Reason.VENDOR_MODEL_NOT_FOUND: Meaning("The vendor does not have the model.", False),
    Reason.VENDOR_ERROR: Meaning("The vendor failed.", True),
    Reason.VENDOR_UNREACHABLE: Meaning("The vendor could not be reached.", True),
    Reason.VENDOR_CONNECTION_LOST: Meaning("The connection to the vendor was lost.", True),
    Reason.VENDOR_TIMEOUT: Meaning("The vendor did not answer in time.", True),
    Reason.VENDOR_STREAM_CUT: Meaning("The vendor's answer broke off before its end.", True),
    Reason.VENDOR_MALFORMED: Meaning("The vendor's answer could not be read.", True),
    Reason.VENDOR_RESPONSE_TOO_LARGE: Meaning("The vendor's answer is larger than what is accepted.", False),
    Reason.CONTEXT_LENGTH_EXCEEDED: Meaning("The request is longer than the model's context window.", False),
    Reason.UNSUPPORTED_BY_TARGET: Meaning("The vendor, or the model, does not offer what is asked for.", False),
    Reason.CONTENT_FILTERED: Meaning("The vendor's content filter stopped the request.", False),
}
"""Every way in which a vendor fails. The messages are ours: a vendor's own may repeat a credential or the prompt."""


class VendorFailure(Failure):
    """A vendor answered with an error, or not at all.

    `why`: replaces the reason's usual message; `retryable`, what it usually says of a later call. `status`: the
    vendor's HTTP status; 0 where it gave none. `body`: its error body, bounded and without credentials, for the caller
    where the failure is final.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        why: str = "",
        status: int = 0,
        body: bytes = b"",
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        meaning = MEANINGS[reason]
        again = meaning.retryable if retryable is None else retryable
        super().__init__(reason, why or meaning.message, retryable=again, retry_after=retry_after)
        self.status = status
        self.body = body
