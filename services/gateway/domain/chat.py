"""A chat as the gateway must understand it: as little as possible, the rest is the vendor's to read."""

from dataclasses import dataclass

import msgspec

from resilience.errors import Failure, Reason


class _Message(msgspec.Struct):
    role: str


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None


_decoder = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class Chat:
    """What a caller asks, and the body that it asked it with."""

    model: str
    stream: bool
    body: bytes


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
    return Chat(read.model, bool(read.stream), body)


def _param(field: str) -> dict[str, str]:
    return {"param": field} if field else {}
