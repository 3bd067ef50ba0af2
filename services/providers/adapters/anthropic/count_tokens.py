"""Anthropic's counting of a message's tokens as a Dialect: the model renamed, every other byte as it was.

Source: platform.claude.com/docs/en/api/messages/count_tokens. It is free, and has limits of its own.
"""

import msgspec
from msgspec.structs import replace

from resilience.errors import Reason
from services.providers.adapters.anthropic.errors import reason_of
from services.providers.adapters.anthropic.requests import message_request
from services.providers.adapters.beside import Unstreamed, not_streamed
from services.providers.adapters.vendor_body import OK, read_whole
from services.providers.application.ports import VendorRequest
from services.providers.domain.answer import Answer, Usage
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure

PATH = "/messages/count_tokens"


class _Counted(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    type: str = ""


_decoder = msgspec.json.Decoder(_Counted)


class CountTokensDialect(Unstreamed):
    """See Dialect. `chats`: the same vendor's, which lets in and refuses alike."""

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect."""
        if stream:
            raise not_streamed()
        asked = message_request(envelope.body, envelope.model, stream=False, told=envelope.headers)
        return replace(asked, path=PATH)

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:  # noqa: ARG002 - the body says all
        """See Dialect. Nothing was used: what is counted is not asked."""
        said = read_whole(_decoder, body)
        if said.type == "error":
            raise VendorFailure(reason_of(OK, body), status=OK, body=body)
        if said.input_tokens is None:
            raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no count.", status=OK)
        return Answer(body, usage=Usage(), vendor_request_id=vendor_request_id)
