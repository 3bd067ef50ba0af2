"""What a request to Gemini says, as it is written.

Names: ai.google.dev/api/generate-content and ai.google.dev/api/caching (Content, Tool, ToolConfig), as in
googleapis/python-genai `google/genai/types.py`.
"""

import msgspec


class Struct(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    """A message, whose fields have the names of protobuf's JSON; what is not set is not written."""


class Blob(Struct):
    """Bytes, in base64."""

    mime_type: str | None = None
    data: str | None = None


class FileData(Struct):
    """Bytes that are elsewhere."""

    mime_type: str | None = None
    file_uri: str | None = None


class FunctionCall(Struct):
    """What the model called."""

    name: str | None = None
    id: str | None = None
    args: msgspec.Raw | None = None


class ResponsePart(Struct):
    """Media that a function answered."""

    inline_data: Blob


class FunctionResponse(Struct):
    """What a function answered: under `output`, or under `error` where it failed."""

    name: str
    response: dict[str, str | list[str]]
    id: str | None = None
    parts: list[ResponsePart] | None = None


class Part(Struct):
    """One of its fields is set; `thought` and `thought_signature` say more of it."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None


class Content(Struct):
    """What one side said. `role`: `user` or `model`; None for instructions."""

    parts: list[Part]
    role: str | None = None


class FunctionDeclaration(Struct):
    """A function that may be called. The schema is JSON Schema as it is, not the API's own kind of it."""

    name: str
    description: str | None = None
    parameters_json_schema: msgspec.Raw | None = None


class Tool(Struct):
    """Functions that may be called."""

    function_declarations: list[FunctionDeclaration]


class FunctionCallingConfig(Struct):
    """Whether they are."""

    mode: str
    allowed_function_names: list[str] | None = None


class ToolConfig(Struct):
    """How tools are used."""

    function_calling_config: FunctionCallingConfig


class ThinkingConfig(Struct):
    """How much the model thinks, by a level or in tokens, and whether it tells what."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None


class GenerationConfig(Struct):
    """How to answer."""

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: tuple[str, ...] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    candidate_count: int | None = None
    response_mime_type: str | None = None
    response_json_schema: msgspec.Raw | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    media_resolution: str | None = None
    thinking_config: ThinkingConfig | None = None


class Request(Struct):
    """The body of a request."""

    contents: list[Content]
    system_instruction: Content | None = None
    tools: tuple[Tool, ...] | None = None
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig | None = None


encode = msgspec.json.Encoder().encode
