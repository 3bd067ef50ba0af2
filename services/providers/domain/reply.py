"""A model's reply, whole or as it is made, as any dialect can say it.

Finish reasons are words of ours, those of OpenAI: `stop`, `length`, `tool_calls`, `content_filter`. `stopped_by` is the
stop sequence that was met, where the vendor tells it; `said` the vendor's own word, where none of ours says the same.
"""

import msgspec

from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Media, Part

STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER = "stop", "length", "tool_calls", "content_filter"


class Finish(msgspec.Struct, frozen=True, gc=False):
    """Why a reply ended."""

    reason: str
    stopped_by: str = ""
    said: str = ""


class Choice(msgspec.Struct, frozen=True):
    """One of the replies to a conversation. `logprobs` are as OpenAI writes them; empty where none were told."""

    parts: tuple[Part, ...]
    finish: Finish
    logprobs: msgspec.Raw = msgspec.Raw()


class Reply(msgspec.Struct, frozen=True):
    """A whole reply. `created` is seconds since 1970, 0 where the vendor does not tell."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    created: int = 0


class Began(msgspec.Struct, frozen=True):
    """The first event of a streamed reply; some vendors tell the size of the prompt with it."""

    id: str
    model: str
    usage: Usage | None = None
    created: int = 0


class TextAdded(msgspec.Struct, frozen=True, gc=False):
    """The reply's text goes on. `choice` counts from 0, here and below."""

    text: str
    choice: int = 0
    logprobs: msgspec.Raw = msgspec.Raw()


class CitationAdded(msgspec.Struct, frozen=True, gc=False):
    """Where the text just said is from."""

    citation: Citation
    choice: int = 0


class ReasoningAdded(msgspec.Struct, frozen=True, gc=False):
    """The model's thoughts go on, are signed (`signature`), or stay secret (`redacted`)."""

    text: str = ""
    signature: str = ""
    redacted: str = ""
    choice: int = 0


class RefusalAdded(msgspec.Struct, frozen=True, gc=False):
    """The model's words of refusal go on."""

    text: str
    choice: int = 0


class ToolCallBegan(msgspec.Struct, frozen=True, gc=False):
    """A tool is called. `call` counts the reply's calls from 0. `signature`: as in ToolCall."""

    call: int
    id: str
    name: str
    choice: int = 0
    signature: str = ""


class ArgumentsAdded(msgspec.Struct, frozen=True, gc=False):
    """The arguments of a call go on."""

    call: int
    text: str
    choice: int = 0


class MediaAdded(msgspec.Struct, frozen=True, gc=False):
    """The reply goes on with an image, a sound or a document, which comes whole."""

    media: Media
    choice: int = 0


class Finished(msgspec.Struct, frozen=True, gc=False):
    """A choice is complete."""

    finish: Finish
    choice: int = 0


class UsageTold(msgspec.Struct, frozen=True, gc=False):
    """What the reply used, all told so far."""

    usage: Usage


Event = (
    Began
    | TextAdded
    | CitationAdded
    | ReasoningAdded
    | RefusalAdded
    | ToolCallBegan
    | ArgumentsAdded
    | MediaAdded
    | Finished
    | UsageTold
)
"""What a streamed reply is made of: Began once and first; Finished once for each choice; UsageTold at any time, often
after the last Finished. A ToolCallBegan comes before its ArgumentsAdded; calls may be interleaved."""
