"""OpenAI embeddings, as the gateway must know them."""

from collections.abc import Iterable, Sequence

import msgspec

from services.gateway.domain.chat import Chat, decode_body
from services.gateway.domain.dialect import End, Name, Told
from services.gateway.domain.dialects.openai_error import error
from services.gateway.domain.dialects.unspoken import Unspoken


class _Body(msgspec.Struct):
    model: str
    input: msgspec.Raw


_decoder = msgspec.json.Decoder(_Body)


class OpenAIEmbeddings(Unspoken):
    """See Dialect."""

    name = Name.OPENAI_EMBEDDINGS
    operation = "embeddings"
    reads: type[msgspec.Struct] = _Body
    request_id_header = b"x-request-id"
    asides: Sequence[str] = ("user",)

    def read(self, body: bytes) -> Chat:
        """See Dialect. What the input is, is the vendor's to judge."""
        return Chat(decode_body(_decoder, body).model, False, body, plain=False)

    def error(self, told: Told) -> tuple[int, bytes]:
        """See Dialect."""
        return error(told)

    def may_be_kept(self, ends: Iterable[End], *, stream: bool) -> bool:  # noqa: ARG002
        """See Dialect. Vectors are whole or not there."""
        return True


OPENAI_EMBEDDINGS = OpenAIEmbeddings()
