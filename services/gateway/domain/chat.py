"""A chat as the gateway must understand it: as little as possible, the rest is the vendor's to read.

Whatever else is asked of a model, such as vectors of a text, is read as a chat that wants little.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol, TypeVar

import msgspec

from resilience.errors import Failure, Reason
from services.gateway.domain.extent import Extent, extent_of


class Chat(msgspec.Struct, frozen=True, dict=True):
    """What a caller asks, the body that it asked it with, and what a target must be able to do to answer it."""

    model: str
    stream: bool
    body: bytes
    tools: bool = False
    json_schema: bool = False
    vision: bool = False
    plain: bool = True
    """The answer is one text: no tools, no JSON, no alternatives, no thoughts."""

    @cached_property
    def extent(self) -> Extent:
        """How much of what its body has. Counted when somebody first asks."""
        return extent_of(self.body)


class Message(msgspec.Struct):
    """One turn of a chat, in any dialect."""

    role: str
    content: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)

    def shows(self, mark: bytes) -> bool:
        """Whether it has parts, and the bytes `mark` are somewhere in them."""
        written = bytes(self.content)
        return written.startswith(b"[") and mark in written


class Asking(Protocol):
    """What every dialect's body has."""

    @property
    def model(self) -> str:
        """Whom it asks."""
        ...


class Body(Asking, Protocol):
    """What a chat's body has."""

    @property
    def messages(self) -> Sequence[Message]:
        """What it says."""
        ...


A = TypeVar("A", bound=Asking)
B = TypeVar("B", bound=Body)


def read_body(decoder: msgspec.json.Decoder[B], body: bytes) -> B:
    """Decode a chat's body. Raises Failure(INVALID_REQUEST), whose detail names the field where one is wrong."""
    read = decode_body(decoder, body)
    if not read.messages:
        raise Failure(Reason.INVALID_REQUEST, "There are no messages.", detail=_param("messages"))
    return read


def decode_body(decoder: msgspec.json.Decoder[A], body: bytes) -> A:
    """Decode the body of whatever asks a model. Raises as `read_body` does."""
    try:
        read = decoder.decode(body)
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
    return read


def _param(field: str) -> dict[str, str]:
    return {"param": field} if field else {}
