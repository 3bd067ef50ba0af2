"""The parts of a body for Converse that an answer depends on; every other field is let through.

Source: botocore `data/bedrock-runtime/2023-09-30/service-2.json`, `ConverseRequest`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from simulator.dialects.bedrock.errors import refusal

_TEXTS = {"txt", "md", "csv", "html"}
_FIELD = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")


class CachePoint(msgspec.Struct):
    """Ends a part of the prompt that is to be cached."""

    type: str | None = None
    ttl: str = "5m"


class Source(msgspec.Struct, rename="camel", omit_defaults=True):
    """Where something is: in one of these."""

    bytes: str | None = None
    text: str | None = None
    content: list[Any] | None = None
    s3_location: Any = None

    @property
    def is_one(self) -> bool:
        """Whether it is in exactly one."""
        told = (self.bytes, self.text, self.content, self.s3_location)
        return sum(each is not None for each in told) == 1


class Media(msgspec.Struct, omit_defaults=True):
    """An image, a document, a video or a sound."""

    format: str | None = None
    name: str | None = None
    source: Source | None = None

    @property
    def said(self) -> str:
        """The text of a document that is one."""
        source = self.source or Source()
        if source.bytes is not None and self.format in _TEXTS:
            try:
                return base64.b64decode(source.bytes, validate=True).decode(errors="replace")
            except binascii.Error:
                return ""
        parts = [part.get("text", "") for part in source.content or () if isinstance(part, dict)]
        return source.text or "".join(map(str, parts))


class ToolUse(msgspec.Struct, rename="camel", omit_defaults=True):
    """A call."""

    tool_use_id: str | None = None
    name: str | None = None
    input: Any = None


class ToolResult(msgspec.Struct, rename="camel", omit_defaults=True):
    """What a call came to."""

    tool_use_id: str | None = None
    content: list[Block] | None = None
    status: str | None = None


class ReasoningText(msgspec.Struct, omit_defaults=True):
    """A thought."""

    text: str | None = None
    signature: str | None = None


class ReasoningContent(msgspec.Struct, rename="camel", omit_defaults=True):
    """A thought, or one that cannot be read."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None


class Quote(msgspec.Struct, omit_defaults=True):
    """A text within something."""

    text: str = ""


class GuardContent(msgspec.Struct, omit_defaults=True):
    """What a guardrail is to look at."""

    text: Quote | None = None
    image: Any = None


class CitationsContent(msgspec.Struct, omit_defaults=True):
    """A text that was cited from somewhere."""

    content: list[Quote] | None = None
    citations: list[Any] | None = None


class Block(msgspec.Struct, rename="camel", omit_defaults=True):
    """A part of a message, of a tool's result, or of the system prompt: one of these."""

    text: str | None = None
    image: Media | None = None
    document: Media | None = None
    video: Media | None = None
    audio: Media | None = None
    tool_use: ToolUse | None = None
    tool_result: ToolResult | None = None
    cache_point: CachePoint | None = None
    reasoning_content: ReasoningContent | None = None
    citations_content: CitationsContent | None = None
    guard_content: GuardContent | None = None
    search_result: Any = None
    json: Any = None

    @property
    def kinds(self) -> list[str]:
        """What it is: one thing, if it is right."""
        return [name for name in self.__struct_fields__ if getattr(self, name) is not None]

    @property
    def said(self) -> str:
        """The text in it."""
        if self.tool_result is not None:
            return "".join(part.said for part in self.tool_result.content or ())
        if self.json is not None:
            return msgspec.json.encode(self.json).decode()
        if self.document is not None:
            return self.document.said
        if self.guard_content is not None:
            return self.guard_content.text.text if self.guard_content.text is not None else ""
        if self.citations_content is not None:
            return "".join(part.text for part in self.citations_content.content or ())
        return self.text or ""

    @property
    def images(self) -> int:
        """How many images are in it; a document that is no text counts as one, as do sounds and videos."""
        if self.tool_result is not None:
            return sum(part.images for part in self.tool_result.content or ())
        unread = self.document is not None and not self.document.said
        return int(unread or any(each is not None for each in (self.image, self.video, self.audio)))


class Message(msgspec.Struct):
    """A message of the conversation."""

    role: str | None = None
    content: list[Block] | None = None

    @property
    def blocks(self) -> list[Block]:
        """The parts."""
        return self.content or []

    @property
    def text(self) -> str:
        """The text, without what tools said."""
        return "".join(block.said for block in self.blocks if block.tool_result is None)

    @property
    def calls(self) -> list[ToolUse]:
        """The calls in it."""
        return [block.tool_use for block in self.blocks if block.tool_use is not None]

    @property
    def results(self) -> list[ToolResult]:
        """The results in it."""
        return [block.tool_result for block in self.blocks if block.tool_result is not None]


class ToolSpec(msgspec.Struct, rename="camel", omit_defaults=True):
    """A tool that is offered."""

    name: str | None = None
    description: str = ""
    input_schema: dict[str, Any] | None = None

    @property
    def schema(self) -> object:
        """What it is to be given."""
        return (self.input_schema or {}).get("json")


class Tool(msgspec.Struct, rename="camel", omit_defaults=True):
    """A tool, or the end of those that are to be cached."""

    tool_spec: ToolSpec | None = None
    cache_point: CachePoint | None = None

    images = 0

    @property
    def said(self) -> str:
        """What of it is in the prompt."""
        spec = self.tool_spec
        return (spec.name or "") + spec.description + msgspec.json.encode(spec.schema).decode() if spec else ""


class NamedTool(msgspec.Struct):
    """A tool that must be used."""

    name: str | None = None


class ToolChoice(msgspec.Struct):
    """Whether tools are to be used: one of these."""

    auto: dict[str, Any] | None = None
    any: dict[str, Any] | None = None
    tool: NamedTool | None = None


class ToolConfig(msgspec.Struct, rename="camel"):
    """The tools, and whether they are to be used."""

    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None

    @property
    def specs(self) -> Iterator[ToolSpec]:
        """Those that are offered."""
        return (tool.tool_spec for tool in self.tools or () if tool.tool_spec is not None)


class InferenceConfig(msgspec.Struct, rename="camel"):
    """How to answer."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: list[str] | None = None


class JSONSchema(msgspec.Struct):
    """What an answer in JSON must follow; the schema is JSON in a string."""

    schema: str | None = None


class Structure(msgspec.Struct, rename="camel"):
    """Where the schema is."""

    json_schema: JSONSchema | None = None


class TextFormat(msgspec.Struct):
    """The form of the answer."""

    type: str | None = None
    structure: Structure | None = None


class OutputConfig(msgspec.Struct, rename="camel"):
    """What is asked of the output."""

    text_format: TextFormat | None = None


class Body(msgspec.Struct, rename="camel"):
    """A body."""

    messages: list[Message] | None = None
    system: list[Block] | None = None
    inference_config: InferenceConfig = msgspec.field(default_factory=InferenceConfig)
    tool_config: ToolConfig | None = None
    output_config: OutputConfig | None = None
    guardrail_config: Any = None
    additional_model_request_fields: dict[str, Any] | None = None
    additional_model_response_field_paths: list[str] | None = None


_DECODER = msgspec.json.Decoder(Body)


def decode(body: bytes) -> Body:
    """Read a body; raises RejectedError where it cannot be read."""
    try:
        return _DECODER.decode(body or b"{}")
    except msgspec.ValidationError as problem:
        field = _FIELD.search(str(problem))
        said = str(problem).removesuffix(field.group() if field else "")
        where = _INDEX.sub(r".\1", field["field"]) if field else "the body"
        raise refusal(f"The value at {where} in the request is of the wrong type: {said}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refusal("The request body could not be parsed as JSON.") from None
