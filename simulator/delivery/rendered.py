"""An answer in bytes, and what a wire format must be able to say so that faults can be performed in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.delivery.response import Headers
from simulator.faults import Complaint


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer in bytes: pieces that carry text, then how a stream closes. A plain answer is one piece.

    `tokens[i]` is the number of the answer's tokens given by the pieces up to and including the i-th. A stream closes
    with `finish`, which has the finish reason and the usage, and with `done`, its end mark; `unfinished` is what comes
    instead of `finish` where the finish reason is kept back. `blocked` is what comes, with status 200, where the
    vendor's policy on content refuses the prompt; empty where that is an error like any other.
    """

    stream: bool
    pieces: tuple[bytes, ...]
    tokens: tuple[int, ...]
    prompt_tokens: int
    finish: bytes = b""
    unfinished: bytes = b""
    done: bytes = b""
    blocked: bytes = b""

    @property
    def kept_back(self) -> Rendered:
        """What comes instead, as it is blocked."""
        return Rendered(self.stream, (self.blocked,), (0,), self.prompt_tokens)

    @property
    def closing(self) -> bytes:
        """All that follows a stream's last piece."""
        return self.finish + self.done


class Dialect(Protocol):
    """Renders what a fault needs in one wire format; pure."""

    @property
    def stream_type(self) -> bytes:
        """The content type of a stream."""

    @property
    def filter_status(self) -> int:
        """The status of a response where the vendor's policy refuses the prompt."""

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Return an error as the body of a response."""

    def error_headers(self, status: int, error: Complaint) -> Headers:
        """Return the headers that tell which error it is; none where its body alone does."""

    def retry_after(self, seconds: float) -> Headers:
        """Return the headers that tell how long to wait."""

    def error_event(self, error: Complaint) -> bytes:
        """Return an error as an event of a stream."""

    def comments(self, count: int) -> bytes:
        """Return so many parts of a stream that say nothing, as vendors send them to keep a connection."""

    def malformed(self, *, stream: bool) -> bytes:
        """Return a broken event of a stream, or a broken body."""

    def wrong_types(self, *, stream: bool) -> bytes:
        """Return an event, or a body, of well-formed JSON that has the wrong types."""

    def widened(self, piece: bytes, more: bytes) -> bytes:
        """Return a piece with `more` at the start of its text, though that may be no text at all; framed as it was."""
