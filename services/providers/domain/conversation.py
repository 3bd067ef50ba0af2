"""A conversation and what is asked of the model, as any dialect can say it: what translators read and write.

Every field that a dialect documents has a place here, or is named in `Conversation.extra`; so a translator that writes
a conversation knows what it leaves out, and says so. Values that are opaque to Seawall (JSON schemas, arguments of
tools) stay as they were written.
"""

from enum import StrEnum
from typing import Literal

import msgspec


class Role(StrEnum):
    """Who speaks. What tools answer is a part of a user's turn."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"


class Citation(msgspec.Struct, frozen=True, gc=False):
    """Where a text is from. Positions are as the vendor counts them; -1 where it does not."""

    quote: str = ""
    title: str = ""
    url: str = ""
    document: int = -1
    start: int = -1
    end: int = -1
    counted_in: str = ""
    """What positions count: `characters`, `pages` or `blocks` of the source, characters of the `answer` itself; empty
    where that is not known."""


class Text(msgspec.Struct, frozen=True):
    """A piece of text. `cache`: how long the prompt up to here is to be cached (`5m`, `1h`); empty for not."""

    text: str
    cache: str = ""
    citations: tuple[Citation, ...] = ()


class Media(msgspec.Struct, frozen=True):
    """An image, a sound or a document: its bytes in base64, its address, or its id at the vendor."""

    kind: Literal["image", "audio", "document"]
    media_type: str = ""
    """Such as `image/png`; empty where an address tells it."""
    data: str = ""
    url: str = ""
    file_id: str = ""
    name: str = ""
    detail: str = ""
    """How closely an image is to be looked at: `low`, `high`, `auto`; empty where nothing was said."""
    cited: bool = False
    """Answers are to cite it."""
    cache: str = ""
    context: str = ""
    """What the model is told of a document beside it, and does not cite."""


class ToolCall(msgspec.Struct, frozen=True):
    """The model calls a tool. `arguments` is JSON text as the model wrote it, which may be no JSON at all.

    `signature` proves to the vendor that said it what the model thought before the call, as in Reasoning.
    """

    id: str
    name: str
    arguments: str
    cache: str = ""
    signature: str = ""


class ToolResult(msgspec.Struct, frozen=True):
    """What a tool answered to the call `id`."""

    id: str
    parts: tuple["Text | Media", ...]
    failed: bool = False
    cache: str = ""


class Reasoning(msgspec.Struct, frozen=True):
    """What the model thought. `signature` proves it to the vendor that said it; `redacted` is what it keeps secret."""

    text: str = ""
    signature: str = ""
    redacted: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """The model says that it will not answer."""

    text: str


Part = Text | Media | ToolCall | ToolResult | Reasoning | Refusal


class Turn(msgspec.Struct, frozen=True):
    """What one side said at a time."""

    role: Role
    parts: tuple[Part, ...]
    name: str = ""


class Tool(msgspec.Struct, frozen=True):
    """A function that the model may call. `parameters`: its JSON schema; empty where there is none."""

    name: str
    description: str = ""
    parameters: msgspec.Raw = msgspec.Raw()
    strict: bool | None = None
    cache: str = ""


class ToolChoice(msgspec.Struct, frozen=True, gc=False):
    """Whether tools are called: `auto`, `none`, `required`, or the `tool` of that name."""

    mode: Literal["auto", "none", "required", "tool"]
    name: str = ""


class Format(msgspec.Struct, frozen=True):
    """What the answer must be: any JSON, or JSON that follows `schema`."""

    schema: msgspec.Raw = msgspec.Raw()
    """Empty for any JSON."""
    name: str = ""
    description: str = ""
    strict: bool | None = None


class Thinking(msgspec.Struct, frozen=True, gc=False):
    """How much the model is to think: in tokens, or by a word (`minimal`, `low`, `medium`, `high`, `xhigh`, `max`).

    `off`: not at all. Where both are empty and it is not off, the model decides.
    """

    effort: str = ""
    budget: int | None = None
    off: bool = False


class Conversation(msgspec.Struct, frozen=True):
    """One request. What is None or empty was not said; the target's own default is meant."""

    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tools: bool | None = None
    format: Format | None = None
    thinking: Thinking | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    choices: int = 1
    """How many answers are wanted."""
    logprobs: bool = False
    top_logprobs: int | None = None
    user: str = ""
    """Whom the caller asks for, in words of the caller's own."""
    functions: bool = False
    """Its caller knows functions, of which an answer calls one, and not yet tools."""
    usage_wanted: bool = True
    """Whether a stream tells its usage to the caller."""
    extra: dict[str, msgspec.Raw] = {}
    """What else the body says, by its name; only the caller's own dialect knows what it means."""
    beyond: tuple[str, ...] = ()
    """Names of what has no place here, and without which another question would be asked."""


ANY = Conversation(())
"""For what is the same whatever was asked."""
