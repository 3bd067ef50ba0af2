"""What a vendor answered: whole, or in frames."""

import msgspec


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens that a vendor counted.

    Those read from its cache and those written to it are part of the input, reasoning ones of the output.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    """Those of `cache_write_tokens` that the vendor keeps for an hour."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A whole answer in the caller's dialect; where that is the vendor's, `body` is the vendor's, byte for byte.

    `dropped`: fields of the request that the vendor was not told.
    """

    body: bytes
    finish_reason: str = ""
    usage: Usage | None = None
    vendor_request_id: str = ""
    dropped: tuple[str, ...] = ()


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One event of a streamed answer.

    `data` is the event's JSON without its framing, empty where the frame only tells `usage` or the `end`. `text` is
    what the event adds to the answer. After `end` nothing follows. `dropped`: as in Answer, in the first frame only.
    """

    data: bytes = b""
    text: str = ""
    finish_reason: str = ""
    usage: Usage | None = None
    end: bool = False
    dropped: tuple[str, ...] = ()
