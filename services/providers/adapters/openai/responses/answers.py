"""OpenAI's responses: checked to be answers, with finish reason and usage read out."""

from typing import Any

import msgspec

from resilience.errors import Reason
from services.providers.adapters.openai.errors import reason_of
from services.providers.adapters.openai.responses.items import COMPLETED, INCOMPLETE, INCOMPLETE_REASONS
from services.providers.adapters.vendor_body import OK, read_whole
from services.providers.domain.answer import Answer, Usage
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import LENGTH, STOP, TOOL_CALLS

FINISH = {said: reason for reason, said in INCOMPLETE_REASONS.items()}
"""Why a response is not complete, in our words; any other is taken for its length."""
REJECTED = ("invalid_", "image_", "unsupported_", "empty_image", "failed_to_download")
"""How codes of `response.error` begin that blame the request (`ResponseError` of the official SDK)."""


class _InputDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None


_NO_INPUT, _NO_OUTPUT = _InputDetails(), _OutputDetails()


class UsageObject(msgspec.Struct, gc=False):
    """Token counts."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None

    def usage(self) -> Usage:
        """As the rest of Seawall counts."""
        read, written = self.input_tokens_details or _NO_INPUT, self.output_tokens_details or _NO_OUTPUT
        return Usage(
            self.input_tokens or 0,
            self.output_tokens or 0,
            read.cached_tokens or 0,
            written.reasoning_tokens or 0,
            read.cache_write_tokens or 0,
        )


class _Item(msgspec.Struct, gc=False):
    type: str = ""


class _Incomplete(msgspec.Struct, gc=False):
    reason: str | None = None


class _Error(msgspec.Struct, gc=False):
    code: Any = None


class Said(msgspec.Struct):
    """A response, as far as it is read."""

    status: str | None = None
    output: list[_Item] | None = None
    usage: UsageObject | None = None
    incomplete_details: _Incomplete | None = None
    error: _Error | None = None

    def finish_reason(self) -> str:
        """Why it ended."""
        if self.status == INCOMPLETE:
            return FINISH.get((self.incomplete_details or _Incomplete()).reason or "", LENGTH)
        return TOOL_CALLS if any(item.type == "function_call" for item in self.output or ()) else STOP


_said = msgspec.json.Decoder(Said)


def response_answer(body: bytes, vendor_request_id: str) -> Answer:
    """Read a response that came with status 200. Raises VendorFailure where it failed, or is none."""
    said = read_whole(_said, body)
    check(said, body)
    usage = said.usage.usage() if said.usage is not None else None
    return Answer(body, said.finish_reason(), usage, vendor_request_id)


def check(said: Said, body: bytes) -> None:
    """Raise VendorFailure where the response is not at its end, or failed; `body` is what the caller is shown then."""
    if said.status in {COMPLETED, INCOMPLETE} and said.output is not None:
        return
    if said.status == "failed" or said.error is not None:
        raise failure(said.error.code if said.error is not None else None, body)
    if said.status in {"cancelled", "in_progress", "queued"}:
        raise VendorFailure(Reason.VENDOR_STREAM_CUT, why=f"The vendor's response is {said.status}.", status=OK)
    raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer is no response.", status=OK)


def failure(code: object, body: bytes) -> VendorFailure:
    """Why a response failed that says so with this code."""
    if isinstance(code, str) and code.startswith(REJECTED):
        reason = Reason.VENDOR_REJECTED
    else:
        reason = reason_of(OK, _encode({"error": {"code": code}}))
    return VendorFailure(reason, status=OK, body=body)


_encode = msgspec.json.Encoder().encode
