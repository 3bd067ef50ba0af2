"""Bedrock's whole answers and the events of its streams: checked to be such, with finish reason and usage read out."""

import msgspec

from resilience.errors import Reason
from services.providers.adapters.bedrock import wire
from services.providers.adapters.bedrock.errors import BROKEN_OFF, FINISHES
from services.providers.adapters.raw import told
from services.providers.adapters.vendor_body import OK, read_body
from services.providers.domain.answer import Answer
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import STOP, Finish


def whole_answer(body: bytes, vendor_request_id: str) -> Answer:
    """Read an answer that came with status 200. Raises VendorFailure where it is none."""
    said = read_answered(body)
    if said.output is None or said.output.message is None:
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no message.", status=OK, body=body)
    if not said.stop_reason:
        raise VendorFailure(
            Reason.VENDOR_STREAM_CUT, why="The vendor's answer has no stop reason: it broke off.", status=OK
        )
    check_stop(said.stop_reason)
    usage = said.usage.usage() if said.usage is not None else None
    return Answer(body, finish_of(said.stop_reason), usage, vendor_request_id)


def finish_of(stop_reason: str) -> str:
    """A stop reason in our words."""
    return FINISHES.get(stop_reason, STOP)


def check_stop(stop_reason: str) -> None:
    """Raise VendorFailure where it says that the answer is none."""
    if stop_reason in BROKEN_OFF:
        raise VendorFailure(
            Reason.VENDOR_MALFORMED, why=f"The model's answer was not well-formed: {stop_reason}.", status=OK
        )


def read_finish(stop_reason: str, fields: msgspec.Raw) -> Finish:
    """Why it ended. `fields`: those of the model's own answer that were asked for; Claude's tell the stop sequence."""
    stopped_by = ""
    if stop_reason == "stop_sequence" and told(fields):
        try:
            stopped_by = wire.model_fields.decode(fields).stop_sequence or ""
        except msgspec.DecodeError:
            stopped_by = ""  # of another model, which means something else by it
    usual = stop_reason in _USUAL or bool(stopped_by)
    return Finish(finish_of(stop_reason), stopped_by, "" if usual else stop_reason)


def read_answered(body: bytes) -> wire.Answered:
    """Decode an answer. Raises VendorFailure where it cannot be read."""
    return read_body(wire.answered, body)


def read_event(data: bytes) -> wire.StreamEvent:
    """Decode an event of a stream, by its name. Raises VendorFailure where it cannot be read."""
    return read_body(wire.stream_event, data)


_USUAL = frozenset({"end_turn", "max_tokens", "tool_use"})
"""Stop reasons that our words say as well."""
