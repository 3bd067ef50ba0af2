"""A chat as the gateway must understand it: as little as possible, the rest is the vendor's to read."""

from dataclasses import dataclass

import msgspec

from resilience.errors import Failure, Reason


class _Message(msgspec.Struct):
    role: str
    content: msgspec.Raw = msgspec.Raw()


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Format(msgspec.Struct):
    type: str = ""


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    tools: list[msgspec.Raw] | None = None
    response_format: _Format | None = None
    n: int | None = None


_decoder = msgspec.json.Decoder(_Body)


BYTES_PER_TOKEN = 4
"""Of a prompt, roughly; until a target's own counts say better."""
_IMAGE = b'"image_url"'


@dataclass(frozen=True, slots=True)
class Chat:
    """What a caller asks, the body that it asked it with, and what a target must be able to do to answer it."""

    model: str
    stream: bool
    body: bytes
    tools: bool = False
    json_schema: bool = False
    vision: bool = False
    plain: bool = True
    """The answer is one text: no tools, no JSON, no alternatives."""

    @property
    def tokens(self) -> int:
        """About how long the prompt is."""
        return len(self.body) // BYTES_PER_TOKEN


def read_chat(body: bytes) -> Chat:
    """Read an OpenAI-shaped chat. Raises Failure(INVALID_REQUEST), whose detail names the field where one is wrong."""
    try:
        read = _decoder.decode(body)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".")
        raise Failure(
            Reason.INVALID_REQUEST, f"{what}{f' (at {field})' if field else ''}.", detail=_param(field)
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Failure(Reason.INVALID_REQUEST, f"The body is not JSON: {error}.") from None
    if not read.model:
        raise Failure(Reason.INVALID_REQUEST, "The model is empty.", detail=_param("model"))
    if not read.messages:
        raise Failure(Reason.INVALID_REQUEST, "There are no messages.", detail=_param("messages"))
    answer_format = read.response_format.type if read.response_format is not None else ""
    return Chat(
        read.model,
        bool(read.stream),
        body,
        tools=bool(read.tools),
        json_schema=answer_format == "json_schema",
        vision=_IMAGE in body and any(_shows_image(message.content) for message in read.messages),
        plain=not read.tools and answer_format in {"", "text"} and (read.n or 1) == 1,
    )


def _shows_image(content: msgspec.Raw) -> bool:
    written = bytes(content)
    return written.startswith(b"[") and _IMAGE in written


def _param(field: str) -> dict[str, str]:
    return {"param": field} if field else {}
