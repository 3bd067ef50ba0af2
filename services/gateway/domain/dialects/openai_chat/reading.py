"""What the gateway reads of an OpenAI-shaped chat."""

import msgspec

from services.gateway.domain.chat import Chat, Message, read_body


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Format(msgspec.Struct):
    type: str = ""


class Body(msgspec.Struct):
    """What is read of a body."""

    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    tools: list[msgspec.Raw] | None = None
    response_format: _Format | None = None
    n: int | None = None


_decoder = msgspec.json.Decoder(Body)
_IMAGE = b'"image_url"'


def read_chat(body: bytes) -> Chat:
    """See Dialect.read."""
    read = read_body(_decoder, body)
    answer_format = read.response_format.type if read.response_format is not None else ""
    return Chat(
        read.model,
        bool(read.stream),
        body,
        tools=bool(read.tools),
        json_schema=answer_format == "json_schema",
        vision=_IMAGE in body and any(message.shows(_IMAGE) for message in read.messages),
        plain=not read.tools and answer_format in {"", "text"} and (read.n or 1) == 1,
    )
