"""The parts of Cohere's answers that Seawall reads; everything else passes unread.

Source: the official SDK's types (cohere-ai/cohere-python `src/cohere/types` and `v2/types`), docs.cohere.com/v2
(reference/chat, docs/streaming). Counts of tokens are numbers with decimals there.
"""

from typing import Any

import msgspec

from services.providers.domain.answer import Usage


class Tokens(msgspec.Struct, gc=False):
    """Token counts, or those that are billed."""

    input_tokens: float | None = None
    output_tokens: float | None = None


class UsageObject(msgspec.Struct, gc=False):
    """`tokens` were used, of which `billed_units` are billed: a preamble of Cohere's own is not."""

    tokens: Tokens | None = None
    billed_units: Tokens | None = None
    cached_tokens: float | None = None

    def usage(self) -> Usage:
        """As the rest of Seawall counts: what is billed, and so what it costs."""
        told = self.billed_units or self.tokens or Tokens()
        read, cached = int(told.input_tokens or 0), int(self.cached_tokens or 0)
        return Usage(read, int(told.output_tokens or 0), min(cached, read))


class Block(msgspec.Struct, gc=False):
    """A piece of content: a text or a thought."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None


class Function(msgspec.Struct, gc=False):
    """Which function is called, and with what, or more of it."""

    name: str | None = None
    arguments: str | None = None


class Call(msgspec.Struct, gc=False):
    """A call, or more of it."""

    id: str = ""
    function: Function | None = None


class Source(msgspec.Struct, gc=False):
    """Where a text is from: what a tool said, or a document of the request."""

    type: str = ""
    id: str = ""
    document: dict[str, Any] | None = None
    tool_output: dict[str, Any] | None = None


class Citation(msgspec.Struct, gc=False):
    """The cited text, from `start` to `end` in the content, and its sources."""

    start: int | None = None
    end: int | None = None
    text: str | None = None
    sources: list[Source] | None = None


class Said(msgspec.Struct):
    """A message, or what an event adds to it, where the lists are single values."""

    content: list[Block] | Block | None = None
    tool_plan: str | None = None
    tool_calls: list[Call] | Call | None = None
    citations: list[Citation] | Citation | None = None


class Answered(msgspec.Struct):
    """A whole answer."""

    id: str = ""
    finish_reason: str = ""
    message: Said | str | None = None
    """A text where it is an error's."""
    usage: UsageObject | None = None


class Delta(msgspec.Struct):
    """What an event tells."""

    message: Said | None = None
    finish_reason: str | None = None
    error: str | None = None
    usage: UsageObject | None = None


class StreamEvent(msgspec.Struct):
    """One event of a stream."""

    type: str = ""
    id: str = ""
    index: int = 0
    delta: Delta | None = None
    message: Any = None
    """An error's."""


class ErrorBody(msgspec.Struct, gc=False):
    """The body of an error."""

    message: Any = None


answered = msgspec.json.Decoder(Answered)
stream_event = msgspec.json.Decoder(StreamEvent)
error_body = msgspec.json.Decoder(ErrorBody)
