"""What the gateway reads of a request for a response."""

import msgspec

from resilience.errors import Failure, Reason
from services.gateway.domain.chat import Chat, decode_body


class _Item(msgspec.Struct):
    type: str | None = None
    role: str | None = None
    id: str | None = None


class _Format(msgspec.Struct):
    type: str = ""


class _Text(msgspec.Struct):
    format: _Format | None = None


class Body(msgspec.Struct):
    """What is read of a body."""

    model: str
    input: msgspec.Raw
    stream: bool | None = None
    tools: list[msgspec.Raw] | None = None
    text: _Text | None = None
    background: bool | None = None
    conversation: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    store: bool | None = None
    previous_response_id: str | None = None


_decoder = msgspec.json.Decoder(Body)
_items = msgspec.json.Decoder(list[_Item])
_NOTHING = (b"", b"null", b'""', b"[]")
_LONGEST_NOTHING = 5
"""Bytes, and one more."""
_IMAGE = b'"input_image"'


def read_chat(body: bytes) -> Chat:
    """See Dialect.read. What only OpenAI itself could keep to, for it keeps state there, is refused."""
    read = decode_body(_decoder, body)
    _check_input(read.input)
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
        vision=_IMAGE in body,
        plain=False,
    )


def _check_input(written: msgspec.Raw) -> None:
    """Raise Failure(INVALID_REQUEST) unless it is a text or a list of objects; what they say the vendor reads."""
    head = bytes(memoryview(written)[:_LONGEST_NOTHING])
    if head in _NOTHING:
        raise _refused("There is no input.", "input")
    if head.startswith(b'"'):
        return
    try:
        _items.decode(written)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise _refused(f"{what}.", f"input{path.rstrip('`')}") from None


def _refused(why: str, field: str) -> Failure:
    return Failure(Reason.INVALID_REQUEST, why, detail={"param": field})
