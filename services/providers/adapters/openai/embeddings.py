"""OpenAI's embeddings as a Dialect: the model renamed, every other byte as the caller wrote it."""

import msgspec

from resilience.errors import Reason
from services.providers.adapters.beside import Unstreamed, not_streamed
from services.providers.adapters.openai.absent import absent
from services.providers.adapters.openai.answers import read_success
from services.providers.adapters.openai.requests import renamed
from services.providers.adapters.openai.wire import UsageObject
from services.providers.adapters.vendor_body import OK
from services.providers.application.ports import Header, VendorRequest
from services.providers.domain.answer import Answer, Usage
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure

PATH = "/embeddings"
_BEGINNINGS = (b"[", b'"')
"""Of a vector: numbers, or base64."""


class _Vector(msgspec.Struct, gc=False):
    embedding: msgspec.Raw = msgspec.Raw()


class _Embedded(msgspec.Struct, gc=False):
    data: list[_Vector] | None = None
    usage: UsageObject | None = None
    error: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_Embedded)


class EmbeddingsDialect(Unstreamed):
    """See Dialect. `chats`: the same vendor's, which lets in and refuses alike."""

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect."""
        if stream:
            raise not_streamed()
        return VendorRequest(PATH, renamed(envelope.body, envelope.model))

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:  # noqa: ARG002 - the body says all
        """See Dialect."""
        said = read_success(_decoder, body)
        vectors = said.data
        if not vectors or not all(bytes(vector.embedding).startswith(_BEGINNINGS) for vector in vectors):
            raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no embeddings.", status=OK)
        # What is embedded is all input; some compatible vendors count it in the total alone.
        told = said.usage
        usage = None if told is None else Usage(told.prompt_tokens or told.total_tokens or 0)
        return Answer(body, usage=usage, vendor_request_id=vendor_request_id)

    def reason(self, status: int, body: bytes, header: Header) -> Reason:
        """See Dialect."""
        return Reason.UNSUPPORTED_BY_TARGET if absent(status, body) else super().reason(status, body, header)
