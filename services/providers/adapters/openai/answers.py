"""OpenAI's whole answers: checked to be one, with finish reason and usage read out."""

import msgspec

from resilience.errors import Reason
from services.providers.adapters.openai import wire
from services.providers.adapters.openai.errors import reason_of
from services.providers.domain.answer import Answer
from services.providers.domain.failure import VendorFailure

OK = 200


def chat_answer(body: bytes, vendor_request_id: str) -> Answer:
    """Read an answer that came with status 200. Raises VendorFailure where it is an error, or no answer."""
    said = read(body)
    if not said.choices:
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no choices.", status=OK, body=body)
    return Answer(
        body,
        said.choices[0].finish_reason or "",
        said.usage.usage() if said.usage is not None else None,
        vendor_request_id,
    )


def read(body: bytes) -> wire.Completion:
    """Decode an answer or a chunk. Raises VendorFailure where it is an error, or nothing that can be read."""
    try:
        # msgspec skips what it does not read without a look at its encoding; all of it goes to the caller, though.
        str(body, "utf-8")
        said = wire.completion.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise VendorFailure(Reason.VENDOR_MALFORMED, status=OK) from None
    if bytes(said.error) not in {b"", b"null"}:
        raise VendorFailure(reason_of(OK, body), status=OK, body=body)
    return said
