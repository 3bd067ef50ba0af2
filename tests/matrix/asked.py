"""What a cell of the matrix asks, what its caller heard and what its vendor received: each in words of no dialect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

JSONObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: its bytes, or the address that it is at."""

    media_type: str
    data: bytes = b""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that is offered, with the JSON schema of its arguments."""

    name: str
    description: str
    parameters: JSONObject


@dataclass(frozen=True, slots=True)
class Called:
    """A call that the model made; `arguments` decoded."""

    id: str
    name: str
    arguments: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What the caller's tool said to a call."""

    call: Called
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `results`: the model called tools for it in the turn `said` (as its SDK has it); they answered."""

    text: str
    system: str = ""
    image: Image | None = None
    tools: tuple[Tool, ...] = ()
    schema: JSONObject | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int = 400
    said: Any = None
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Error:
    """What a caller was told instead of an answer, or after its beginning (`status` is 0 then)."""

    code: str
    status: int
    param: str = ""
    retry_after: float | None = None


@dataclass(slots=True)
class Heard:
    """What a caller got, through its SDK's own types. Finish reasons are OpenAI's words."""

    text: str = ""
    calls: tuple[Called, ...] = ()
    finish_reason: str = ""
    input_tokens: int = -1
    output_tokens: int = -1
    model: str = ""
    dropped: tuple[str, ...] = ()
    error: Error | None = None
    pieces: int = 0
    """In how many pieces the text or the arguments came."""
    said: Any = None
    """The turn as the SDK has it, to be said again before the tools' results."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as a vendor got it, read from its body. `documents` of text are not among these."""

    model: str = ""
    stream: bool | None = None
    """None where the body does not say."""
    system: str = ""
    text: str = ""
    """Of the user's turn that is asked about."""
    images: tuple[Image, ...] = ()
    tools: tuple[Tool, ...] = ()
    schema: JSONObject | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    calls: tuple[Called, ...] = ()
    signed: int = 0
    """How many of the calls have the signature that the vendor gave with them."""
    results: Mapping[str, str] = field(default_factory=dict)
    """By the call's id, or by its name where the dialect has no ids."""


class Reader(Protocol):
    """Reads what a vendor of one dialect was sent."""

    def __call__(self, body: JSONObject) -> Received:
        """What `body`, decoded, asks."""
        ...


class Caller(Protocol):
    """One SDK in front of Seawall."""

    async def ask(self, model: str, asked: Asked, *, stream: bool) -> Heard:
        """Ask, and hear what comes; an error is heard, too. Whatever the SDK cannot read is an AssertionError."""
        ...

    async def close(self) -> None:
        """No connection is left."""
        ...
