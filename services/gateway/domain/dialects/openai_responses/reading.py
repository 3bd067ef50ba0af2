"""What the gateway reads of a request for a response."""

import msgspec

from resilience.errors import Failure, Reason
from services.gateway.domain.chat import Chat, decode_body


class _Format(msgspec.Struct):
    type: str = ""


class _Text(msgspec.Struct):
    format: _Format | None = None


class _Body(msgspec.Struct):
    model: str
    input: msgspec.Raw
    stream: bool | None = None
    tools: list[msgspec.Raw] | None = None
    text: _Text | None = None
    background: bool | None = None
    conversation: msgspec.Raw = msgspec.Raw()
    store: bool | None = None
    previous_response_id: str | None = None


_decoder = msgspec.json.Decoder(_Body)
_NOTHING = (b"", b"null", b'""', b"[]")
_IMAGE = b'"input_image"'


def read_chat(body: bytes) -> Chat:
    """See Dialect.read. What only OpenAI itself could keep to, for it keeps state there, is refused."""
    read = decode_body(_decoder, body)
    if bytes(read.input) in _NOTHING:
        raise _refused("There is no input.", "input")
    if read.background:
        raise _refused("Responses are not made in the background here.", "background")
    if bytes(read.conversation) not in _NOTHING:
        raise _refused("Conversations are not kept here; use `previous_response_id`.", "conversation")
    answer_format = read.text.format if read.text is not None else None
    return Chat(
        read.model,
        bool(read.stream),
        body,
        tools=bool(read.tools),
        json_schema=answer_format is not None and answer_format.type == "json_schema",
        vision=_IMAGE in bytes(read.input),
        plain=False,
        continuable=False,
    )


def _refused(why: str, field: str) -> Failure:
    return Failure(Reason.INVALID_REQUEST, why, detail={"param": field})
