"""Cohere's whole answers and events: checked to be some, with finish reason and usage read out."""

from resilience.errors import Reason
from services.providers.adapters.cohere import wire
from services.providers.adapters.cohere.errors import BROKEN_OFF, FINISHES, reason_of
from services.providers.adapters.vendor_body import OK, read_whole
from services.providers.domain.answer import Answer
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import STOP


def whole_answer(body: bytes, vendor_request_id: str) -> Answer:
    """Read an answer that came with status 200. Raises VendorFailure where it is an error, or no answer."""
    said = read_answered(body)
    usage = said.usage.usage() if said.usage is not None else None
    return Answer(body, finish_of(said.finish_reason), usage, vendor_request_id)


def read_answered(body: bytes) -> wire.Answered:
    """Decode an answer. Raises VendorFailure where it is an error, or nothing that can be read."""
    said = read_whole(wire.answered, body)
    if isinstance(said.message, str):
        raise VendorFailure(reason_of(OK, body), status=OK, body=body)
    if said.message is None:
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no message.", status=OK, body=body)
    if not said.finish_reason:
        raise VendorFailure(
            Reason.VENDOR_STREAM_CUT, why="The vendor's answer has no finish reason: it broke off.", status=OK
        )
    check_finish(said.finish_reason, body)
    return said


def read_event(event: bytes) -> wire.StreamEvent:
    """Decode an event of a stream. Raises VendorFailure where it is an error, or nothing that can be read."""
    said = read_whole(wire.stream_event, event)
    if not said.type:
        if isinstance(said.message, str):
            raise VendorFailure(reason_of(OK, event), status=OK, body=event)
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="An event of the vendor's stream has no type.", status=OK)
    return said


def finish_of(finish_reason: str) -> str:
    """A finish reason in our words."""
    return FINISHES.get(finish_reason, STOP)


def check_finish(finish_reason: str, body: bytes) -> None:
    """Raise VendorFailure where it says that the answer broke off."""
    broken = BROKEN_OFF.get(finish_reason)
    if broken is not None:
        raise VendorFailure(broken, why=f"The vendor's answer broke off: {finish_reason}.", status=OK, body=body)
