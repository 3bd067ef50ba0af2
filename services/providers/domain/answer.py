"""What a vendor answered: whole, or in frames."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a vendor counted; the cached ones are part of the input, the reasoning ones of the output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `body` is the vendor's, byte for byte."""

    body: bytes
    finish_reason: str = ""
    usage: Usage | None = None
    vendor_request_id: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a streamed answer.

    `data` is the event's JSON without its framing, empty where the frame only tells `usage` or the `end`. `text` is
    what the event adds to the answer. After `end` nothing follows.
    """

    data: bytes = b""
    text: str = ""
    finish_reason: str = ""
    usage: Usage | None = None
    end: bool = False
