"""A caller's wire format: all that the gateway must know of it, in one place."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec

from services.gateway.domain.chat import Chat
from services.gateway.domain.continued import Said
from services.gateway.domain.usage import Usage


class Name(StrEnum):
    """The wire formats that callers may write in; the providers service has the same words."""

    OPENAI_CHAT = "openai-chat"
    ANTHROPIC_MESSAGES = "anthropic-messages"
    OPENAI_EMBEDDINGS = "openai-embeddings"
    OPENAI_COMPLETIONS = "openai-completions"
    ANTHROPIC_COUNT_TOKENS = "anthropic-count-tokens"
    OPENAI_RESPONSES = "openai-responses"

    @property
    def free(self) -> bool:
        """Whether what is asked in it costs nothing, has limits of its own, and tells nothing of how a target chats."""
        return self is Name.ANTHROPIC_COUNT_TOKENS


@dataclass(frozen=True, slots=True)
class Told:
    """A failure as a caller is told it. `reason` is the machine-readable code, `page` what explains it."""

    reason: str
    message: str
    status: int
    """Of HTTP, where the dialect has none of its own for the reason."""
    kind: str
    """Its class, in OpenAI's words."""
    param: str | None
    request_id: str
    page: str
    vendor: object | None = None
    """The vendor's own words: JSON, or text."""
    events: int = 0
    """How many events of a stream came before it."""


@dataclass(frozen=True, slots=True)
class StaticAnswer:
    """A text of the operator's own, to be said as an answer. `created` is seconds since 1970."""

    request_id: str
    model: str
    created: int
    text: str


Piece = tuple[bytes, str]
"""An event's JSON, and the text that it adds to the answer."""
STOP = "stop"
"""The finish reason of an answer that came to its end, in the words of OpenAI."""
FINISHED = frozenset({STOP, "tool_calls", "function_call"})
"""Finish reasons of answers that are whole: neither cut at a length nor filtered."""
End = tuple[bytes, str]
"""A piece of an answer that told a finish reason, and that, in the same words."""


class Rest(Protocol):
    """Turns the events of an attempt that goes on after a broken answer into that answer's rest; one per attempt.

    The caller is told the usage of one prompt, and of all that was answered to it.
    """

    def usage(self, told: Usage) -> Usage:
        """The whole answer's, given what this attempt used."""
        ...

    def pieces(self, data: bytes, text: str) -> Sequence[Piece]:
        """What to pass on of an event that adds `text`: no text twice; nothing where nothing is left of it."""
        ...


class Dialect(Protocol):
    """One wire format: pure, shared by all requests. Data is JSON without its framing where nothing else is said."""

    name: Name
    operation: str
    """What the ledger and the traces call a request."""
    reads: type[msgspec.Struct]
    """What `read` looks at of a body; the rest is for the vendor to read."""
    request_id_header: bytes
    """Where its SDKs look for a request's id."""
    asides: Sequence[str]
    """Fields of a body that change nothing in an answer but its form, which counts by itself."""
    asides_whole: Sequence[str]
    """Further ones, of requests for a whole answer."""
    end: bytes
    """What a stream that ended in order ends with, framing included."""

    def read(self, body: bytes) -> Chat:
        """What is asked. Raises Failure(INVALID_REQUEST), whose detail names the field where one is wrong."""
        ...

    def event(self, data: bytes) -> bytes:
        """One event of a stream, with its framing."""
        ...

    def error(self, told: Told) -> tuple[int, bytes]:
        """The HTTP status and the body of an error; the body may be a stream's last event, too."""
        ...

    def may_be_kept(self, ends: Iterable[End], *, stream: bool) -> bool:
        """Whether an answer is whole: each of its alternatives finished, none cut at a length or filtered."""
        ...

    @property
    def rest(self) -> Callable[[Said, str], Rest] | None:
        """For an attempt of the named target, to go on after what was said; None where no answer is continued."""
        ...

    def static_whole(self, answer: StaticAnswer) -> bytes | None:
        """A static answer's body; None where no text can be an answer."""
        ...

    def static_stream(self, answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
        """A static answer's events, each with its text and finish reason."""
        ...
