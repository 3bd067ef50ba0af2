"""Anthropic's whole answers: checked to be one, with finish reason and usage read out."""

from resilience.errors import Reason
from services.providers.adapters.anthropic import wire
from services.providers.adapters.anthropic.errors import reason_of
from services.providers.adapters.raw import told
from services.providers.adapters.vendor_body import OK, read_whole
from services.providers.domain.answer import Answer
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import CONTENT_FILTER, LENGTH, STOP, TOOL_CALLS

STOP_REASONS: dict[str, str] = {
    "end_turn": STOP,
    "stop_sequence": STOP,
    "pause_turn": STOP,
    "max_tokens": LENGTH,
    "model_context_window_exceeded": LENGTH,
    "tool_use": TOOL_CALLS,
    "refusal": CONTENT_FILTER,
}
"""Anthropic's stop reasons in our words. The list may grow: one that is not here is a `stop`."""


def finish_of(stop_reason: str) -> str:
    """A stop reason in our words."""
    return STOP_REASONS.get(stop_reason, STOP)


def message_answer(body: bytes, vendor_request_id: str) -> Answer:
    """Read an answer that came with status 200. Raises VendorFailure where it is an error, or no answer."""
    said = read_answered(body)
    if said.type != "message" or said.content is None:
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer is no message.", status=OK, body=body)
    if not said.stop_reason:
        raise VendorFailure(
            Reason.VENDOR_STREAM_CUT, why="The vendor's answer has no stop reason: it broke off.", status=OK
        )
    usage = said.usage.usage() if said.usage is not None else None
    return Answer(body, finish_of(said.stop_reason), usage, vendor_request_id)


def read_answered(body: bytes) -> wire.Answered:
    """Decode an answer. Raises VendorFailure where it is an error, or nothing that can be read."""
    said = read_whole(wire.answered, body)
    if said.type == "error" or told(said.error):
        raise VendorFailure(reason_of(OK, body), status=OK, body=body)
    return said


def read_event(event: bytes) -> wire.StreamEvent:
    """Decode an event of a stream. Raises VendorFailure where it is an error, or nothing that can be read."""
    said = read_whole(wire.stream_event, event)
    if said.type == "error" or told(said.error):
        raise VendorFailure(reason_of(OK, event), status=OK, body=event)
    if not said.type:
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="An event of the vendor's stream has no type.", status=OK)
    return said
