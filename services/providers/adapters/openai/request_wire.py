"""A chat request's fields as OpenAI documents them, with the extensions that are common among its callers.

Sources: developers.openai.com/api/reference (chat completions, create) and `openai.types.chat` of the official SDK;
docs.litellm.ai (`cache_control`, `thinking`); docs.vllm.ai (`top_k`). What is opaque to Seawall stays as it is written.
"""

from typing import Annotated

import msgspec

from services.providers.adapters.openai.message_wire import CacheControl, Message


class Function(msgspec.Struct):
    """A function that may be called."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = msgspec.Raw()
    strict: bool | None = None
    cache_control: CacheControl | None = None


class Tool(msgspec.Struct):
    """A tool. Only those of type `function` have a `function`."""

    type: str = "function"
    function: Function | None = None
    cache_control: CacheControl | None = None


class Named(msgspec.Struct, gc=False):
    """A function by its name."""

    name: str


class NamedTool(msgspec.Struct, gc=False):
    """A tool by its name."""

    type: str = "function"
    function: Named | None = None


class AllowedTools(msgspec.Struct):
    """The tools that may be called now, of those that there are."""

    mode: str
    tools: list[NamedTool]


class ToolChoice(msgspec.Struct):
    """The tool that must be called, or those that may be."""

    type: str = "function"
    function: Named | None = None
    allowed_tools: AllowedTools | None = None


class JsonSchema(msgspec.Struct):
    """The schema that an answer follows."""

    name: str = ""
    description: str | None = None
    schema: msgspec.Raw = msgspec.Raw()
    strict: bool | None = None


class ResponseFormat(msgspec.Struct):
    """What the answer must be."""

    type: str
    json_schema: JsonSchema | None = None


class Thinking(msgspec.Struct, gc=False):
    """Anthropic's: `enabled`, `disabled` or `adaptive`."""

    type: str
    budget_tokens: int | None = None


class StreamOptions(msgspec.Struct, gc=False):
    """What a stream tells beside its text."""

    include_usage: bool | None = None


class Body(msgspec.Struct):
    """The fields that a Conversation has a place for; what else a body has is its `extra`."""

    messages: list[Message]
    model: msgspec.Raw = msgspec.Raw()
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    n: Annotated[int, msgspec.Meta(ge=1)] | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    user: str | None = None
    reasoning_effort: str | None = None
    thinking: Thinking | None = None
    tools: list[Tool] | None = None
    functions: list[Function] | None = None
    tool_choice: str | ToolChoice | None = None
    function_call: str | Named | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None


body = msgspec.json.Decoder(Body)
FIELDS = frozenset(Body.__struct_fields__)
