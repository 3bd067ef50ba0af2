"""A request's fields as OpenAI documents them (developers.openai.com/api/reference/resources/responses, create).

The names are those of `openai.types.responses` of the official SDK. What may be large, or is opaque to Seawall, stays
as it is written.
"""

import msgspec

from services.providers.adapters.openai.message_wire import CacheBreakpoint, InputAudio

_NONE = msgspec.Raw()


class Annotation(msgspec.Struct):
    """Where a text is from; only those of type `url_citation` are read."""

    type: str
    url: str = ""
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class Part(msgspec.Struct):
    """A piece of an item's content."""

    type: str
    text: str | None = None
    annotations: list[Annotation] | None = None
    refusal: str | None = None
    image_url: msgspec.Raw = _NONE
    detail: str | None = None
    file_data: msgspec.Raw = _NONE
    file_id: str | None = None
    file_url: str | None = None
    filename: str | None = None
    input_audio: InputAudio | None = None
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class Item(msgspec.Struct):
    """One of the items of an input; a message where it has no type but a role."""

    type: str | None = None
    role: str | None = None
    content: str | list[Part] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | list[Part] | None = None
    summary: list[Part] | None = None
    encrypted_content: str | None = None
    result: msgspec.Raw = _NONE
    """An image that the model made, in base64."""


class Tool(msgspec.Struct):
    """A tool. Only those of type `function` are the caller's own."""

    type: str
    name: str = ""
    description: str | None = None
    parameters: msgspec.Raw = _NONE
    strict: bool | None = None


class NamedTool(msgspec.Struct, gc=False):
    """A tool by its name."""

    type: str = "function"
    name: str = ""


class ToolChoice(msgspec.Struct):
    """The tool that must be called, or those that may be."""

    type: str
    name: str = ""
    mode: str = "auto"
    tools: list[NamedTool] | None = None


class Format(msgspec.Struct):
    """What the answer must be."""

    type: str
    name: str = ""
    description: str | None = None
    schema: msgspec.Raw = _NONE
    strict: bool | None = None


class TextConfig(msgspec.Struct):
    """How the answer's text is to be."""

    format: Format | None = None
    verbosity: msgspec.Raw = _NONE


class Reasoning(msgspec.Struct):
    """How much the model is to think. Thoughts are told wherever the vendor tells them, so `summary` is not read."""

    effort: str | None = None


class Body(msgspec.Struct):
    """The fields that are read; what else a body has is told to be lost."""

    input: str | list[Item]
    model: msgspec.Raw = _NONE
    instructions: str | None = None
    tools: list[Tool] | None = None
    tool_choice: str | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: int | None = None
    user: str | None = None
    safety_identifier: str | None = None
    include: list[str] | None = None
    truncation: str | None = None
    background: bool | None = None
    metadata: msgspec.Raw = _NONE
    """It is repeated in the response, by the gateway, and says nothing to a model."""
    store: bool | None = None
    """The gateway keeps responses."""
    stream: bool | None = None
    stream_options: msgspec.Raw = _NONE
    """Whether events are padded against who watches their size: never where they are translated."""


body = msgspec.json.Decoder(Body)
FIELDS = frozenset(Body.__struct_fields__)
