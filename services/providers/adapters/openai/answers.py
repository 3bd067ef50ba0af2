"""OpenAI's whole answers: checked to be one, with finish reason and usage read out."""

from typing import Protocol, TypeVar

import msgspec

from resilience.errors import Reason
from services.providers.adapters.openai import wire
from services.providers.adapters.openai.errors import BROKEN_OFF, reason_of, said_without_choices
from services.providers.adapters.raw import told
from services.providers.adapters.vendor_body import OK, read_whole
from services.providers.domain.answer import Answer
from services.providers.domain.failure import VendorFailure


class Success(Protocol):
    """What a vendor says of its own in a body of status 200: the error, where it is one after all."""

    error: msgspec.Raw


S = TypeVar("S", bound=Success)


def chat_answer(body: bytes, vendor_request_id: str) -> Answer:
    """Read an answer that came with status 200. Raises VendorFailure where it is an error, or no answer."""
    said = read(body)
    if not said.choices:
        reason = said_without_choices(body) or Reason.VENDOR_MALFORMED
        why = "The vendor's answer has no choices." if reason is Reason.VENDOR_MALFORMED else ""
        raise VendorFailure(reason, why=why, status=OK, body=body)
    for choice in said.choices:
        if not bytes(choice.message).startswith(b"{"):
            raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no message.", status=OK)
        if not choice.finish_reason:
            raise VendorFailure(
                Reason.VENDOR_STREAM_CUT, why="The vendor's answer has no finish reason: it broke off.", status=OK
            )
        check_finish(choice.finish_reason)
    return Answer(
        body,
        said.choices[0].finish_reason or "",
        said.usage.usage() if said.usage is not None else None,
        vendor_request_id,
    )


def check_finish(finish_reason: str) -> None:
    """Raise VendorFailure where it says that the answer broke off."""
    broken = BROKEN_OFF.get(finish_reason)
    if broken is not None:
        raise VendorFailure(broken, why=f"The vendor's answer broke off: {finish_reason}.", status=OK)


def read(body: bytes) -> wire.Completion:
    """Decode an answer or a chunk. Raises VendorFailure where it is an error, or nothing that can be read."""
    return read_success(wire.completion, body)


def read_success(decoder: msgspec.json.Decoder[S], body: bytes) -> S:
    """Decode what came with status 200. Raises VendorFailure where it is an error, or nothing that can be read."""
    said = read_whole(decoder, body)
    if told(said.error):
        raise VendorFailure(reason_of(OK, body), status=OK, body=body)
    return said
