"""What the gateway reads of an Anthropic-shaped chat."""

import msgspec

from services.gateway.domain.chat import Chat, Message, read_body


class _Typed(msgspec.Struct):
    type: str = ""


class _OutputConfig(msgspec.Struct):
    format: _Typed | None = None


class Body(msgspec.Struct):
    """What is read of a body."""

    model: str
    messages: list[Message]
    stream: bool | None = None
    tools: list[msgspec.Raw] | None = None
    mcp_servers: list[msgspec.Raw] | None = None
    output_config: _OutputConfig | None = None
    output_format: _Typed | None = None
    """Where the beta of structured outputs had what is in `output_config` now."""
    thinking: _Typed | None = None


_decoder = msgspec.json.Decoder(Body)
_IMAGE = b'"image"'


def read_chat(body: bytes) -> Chat:
    """See Dialect.read."""
    read = read_body(_decoder, body)
    answer_format = read.output_config.format if read.output_config is not None else None
    answer_format = answer_format or read.output_format
    thinks = read.thinking is not None and read.thinking.type != "disabled"
    return Chat(
        read.model,
        bool(read.stream),
        body,
        tools=bool(read.tools),
        json_schema=answer_format is not None,
        vision=_IMAGE in body and any(message.shows(_IMAGE) for message in read.messages),
        plain=not (read.tools or read.mcp_servers or answer_format or thinks),
    )
