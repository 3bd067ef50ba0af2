"""Gemini's whole answers: checked to be one, with finish reason and usage read out."""

from collections.abc import Iterable

from resilience.errors import Reason
from services.providers.adapters.gemini import wire
from services.providers.adapters.gemini.errors import BROKEN_OFF, FINISHES, failure
from services.providers.adapters.raw import told
from services.providers.adapters.vendor_body import OK, read_whole
from services.providers.domain.answer import Answer
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import STOP, TOOL_CALLS


def whole_answer(body: bytes, vendor_request_id: str) -> Answer:
    """Read an answer that came with status 200. Raises VendorFailure where it is an error, or no answer."""
    said = read(body)
    if not said.candidates:
        check_prompt(said, body)
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no candidates.", status=OK)
    for candidate in said.candidates:
        if not candidate.finish_reason:
            raise VendorFailure(
                Reason.VENDOR_STREAM_CUT, why="The vendor's answer has no finish reason: it broke off.", status=OK
            )
        check_finish(candidate.finish_reason)
    first = said.candidates[0]
    return Answer(
        body,
        finish(first.finish_reason, called=calls(first.parts)),
        said.usage_metadata.usage() if said.usage_metadata is not None else None,
        vendor_request_id or said.response_id,  # no header of Google's has one
    )


def finish(finish_reason: str, *, called: bool) -> str:
    """Our word for it; Gemini has none of its own for an answer that calls tools."""
    reason = FINISHES.get(finish_reason, STOP)
    return TOOL_CALLS if called and reason == STOP else reason


def calls(parts: Iterable[wire.Part]) -> bool:
    """Whether tools are called."""
    return any(part.function_call is not None for part in parts)


def check_prompt(said: wire.Response, body: bytes) -> None:
    """Raise VendorFailure where the prompt was blocked."""
    feedback = said.prompt_feedback
    if feedback is not None and feedback.block_reason:
        raise VendorFailure(Reason.CONTENT_FILTERED, status=OK, body=body)


def check_finish(finish_reason: str) -> None:
    """Raise VendorFailure where it says that the answer broke off."""
    broken = BROKEN_OFF.get(finish_reason)
    if broken is not None:
        raise VendorFailure(broken, why=f"The vendor's answer broke off: {finish_reason}.", status=OK)


def read(body: bytes) -> wire.Response:
    """Decode an answer or a chunk. Raises VendorFailure where it is an error, or nothing that can be read."""
    said = read_whole(wire.response, body)
    if told(said.error):
        raise failure(OK, body)
    return said
