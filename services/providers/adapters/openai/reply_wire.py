"""OpenAI's answers and chunks in full, with the extensions that are common among those compatible with it.

Sources: `openai.types.chat` of the official SDK; api-docs.deepseek.com and docs.vllm.ai (`reasoning_content`,
`reasoning`, `stop_reason`); openrouter.ai/docs (`native_finish_reason`, `images`); docs.litellm.ai (`thinking_blocks`);
docs.mistral.ai (thinking parts in the content).
"""

from typing import Any

import msgspec

from services.providers.adapters.openai.message_wire import ExtraContent, ImageUrl, Thought
from services.providers.adapters.openai.wire import UsageObject


class Piece(msgspec.Struct):
    """A part of a content that is a list: a text, or a thought, which is a text or a list of such."""

    type: str = ""
    text: str | None = None
    thinking: "str | list[Piece] | None" = None


class Function(msgspec.Struct, gc=False):
    """Which function is called, and with what, or more of it."""

    name: str | None = None
    arguments: str | None = None


class Call(msgspec.Struct):
    """A call, or more of it."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None
    extra_content: ExtraContent | None = None


class Image(msgspec.Struct):
    """An image that the model made."""

    image_url: ImageUrl | None = None


class UrlCitation(msgspec.Struct, gc=False):
    """Where a text is from. Positions are the text's in the content."""

    url: str = ""
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None
    content: str | None = None
    """OpenRouter's: what it says there."""


class Annotation(msgspec.Struct):
    """What is said of the text."""

    url_citation: UrlCitation | None = None


class Said(msgspec.Struct):
    """A message, or what a chunk adds to it. `citations`: Seawall's own, for what an annotation cannot tell."""

    content: str | list[Piece] | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    thinking_blocks: list[Thought] | None = None
    annotations: list[Annotation] | None = None
    citations: Any = None
    images: list[Image] | None = None
    tool_calls: list[Call] | None = None


class Choice(msgspec.Struct):
    """One of the answers, or a piece of it."""

    index: int = 0
    message: Said | None = None
    delta: Said | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    stop_reason: Any = None
    """The stop sequence that was met, or the number of the token."""
    logprobs: msgspec.Raw = msgspec.Raw()


class Completion(msgspec.Struct):
    """A whole answer, or a chunk of one."""

    id: str | None = None
    model: str | None = None
    created: float | None = None
    choices: list[Choice] | None = None
    usage: UsageObject | None = None


completion = msgspec.json.Decoder(Completion)
