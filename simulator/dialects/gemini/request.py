"""Gemini's request for an answer, as far as the answer depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from simulator.answers import Question, count_prompt_tokens
from simulator.dialects.gemini.content import Content, Message
from simulator.dialects.gemini.models import HAS_LEVELS, generation
from simulator.functions import Answers, Function, Offer, called

IN_JSON = "application/json"


class FunctionDeclaration(Message):
    """A function that is offered; its parameters are in Google's own kind of schema, or in JSON Schema."""

    name: str = ""
    description: str = ""
    parameters: dict[str, Any] | None = None
    parameters_json_schema: Any = None

    @property
    def function(self) -> Function:
        """It, its parameters in JSON Schema."""
        given = self.parameters_json_schema if self.parameters is None else json_schema(self.parameters)
        return Function(self.name, given)

    @property
    def said(self) -> str:
        """What of it is in the prompt."""
        return self.name + self.description + msgspec.json.encode(self.function.parameters).decode()


class Tool(Message):
    """Functions that are offered; a tool of Google's own offers none."""

    function_declarations: list[FunctionDeclaration] = msgspec.field(default_factory=list)


class FunctionCallingConfig(Message):
    """Whether functions are called, and which may be."""

    mode: str = "AUTO"
    allowed_function_names: list[str] = msgspec.field(default_factory=list)


class ToolConfig(Message):
    """How tools are used."""

    function_calling_config: FunctionCallingConfig | None = None


class ThinkingConfig(Message):
    """How much the model thinks, and whether it tells what; a budget of -1 leaves that to the model."""

    include_thoughts: bool = False
    thinking_budget: int | None = None
    thinking_level: str = ""

    @property
    def thinks(self) -> bool:
        """Whether it thinks at all."""
        return self.thinking_budget != 0


class GenerationConfig(Message):
    """How to answer."""

    candidate_count: int = 1
    max_output_tokens: int | None = None
    stop_sequences: list[str] = msgspec.field(default_factory=list)
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    response_mime_type: str = ""
    response_schema: dict[str, Any] | None = None
    response_json_schema: Any = None
    thinking_config: ThinkingConfig | None = None

    @property
    def schema(self) -> object:
        """The JSON Schema of the answer; None where there is none."""
        return self.response_json_schema if self.response_schema is None else json_schema(self.response_schema)


class GenerateRequest(Message):
    """A request for an answer. Path and query say which `model`, and whether the answer `streams`."""

    contents: list[Content] = msgspec.field(default_factory=list)
    system_instruction: Content | None = None
    tools: list[Tool] = msgspec.field(default_factory=list)
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig = msgspec.field(default_factory=GenerationConfig)
    model: str = ""
    streams: bool = False

    @property
    def declared(self) -> list[FunctionDeclaration]:
        """All functions that are offered."""
        return [each for tool in self.tools for each in tool.function_declarations]

    @property
    def calling(self) -> FunctionCallingConfig:
        """Whether functions are called, and which may be."""
        config = self.tool_config.function_calling_config if self.tool_config is not None else None
        return config or FunctionCallingConfig()

    @property
    def thinking(self) -> ThinkingConfig | None:
        """How much the model thinks; None where it is not asked to."""
        return self.generation_config.thinking_config

    @property
    def shows_thoughts(self) -> bool:
        """Whether it tells what it thinks."""
        return self.thinking is not None and self.thinking.include_thoughts

    @property
    def signs(self) -> bool:
        """Whether what is answered has to be given back with a signature, or may be.

        https://ai.google.dev/gemini-api/docs/thought-signatures
        """
        return generation(self.model) >= HAS_LEVELS or (self.thinking is not None and self.thinking.thinks)

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the request ends with; empty where there is none."""
        last = self.contents[-1] if self.contents else None
        text = last.text if last is not None and last.is_models else ""
        return text if text.strip() else ""

    @property
    def sections(self) -> Iterator[tuple[str, int, object]]:
        """What the prompt is made of, in its order: the text of each section, its images, and all that it is."""
        for declaration in self.declared:
            yield declaration.said, 0, declaration
        if self.system_instruction is not None:
            yield self.system_instruction.said, self.system_instruction.media, self.system_instruction
        for content in self.contents:
            yield content.said, content.media, content

    @property
    def images(self) -> int:
        """How many images, or other media, are in the prompt."""
        return sum(media for _, media, _ in self.sections)

    @property
    def tokens(self) -> int:
        """How long the prompt is."""
        return count_prompt_tokens([text for text, _, _ in self.sections], images=self.images)

    def question(self, answers: Answers) -> Question:
        """What is to be answered; `answers` decides whether functions are called where the request leaves it open."""
        config = self.generation_config
        asked, answered = self._asked()
        return Question(
            asked=asked,
            prompt_tokens=self.tokens,
            prefix=self.prefix,
            limit=config.max_output_tokens,
            in_json=config.response_mime_type == IN_JSON,
            schema=config.schema,
            functions=called(self._offer(answered=answered), answers) if self.declared else (),
            stop=tuple(config.stop_sequences),
            thinks=self.thinking is not None and self.thinking.thinks,
            choices=config.candidate_count,
        )

    def _asked(self) -> tuple[str, bool]:
        """Return what was said last to the model, and whether functions said it."""
        users = [content for content in self.contents if not content.is_models]
        if not users or users[-1].text:
            return users[-1].text if users else "", False
        responses = users[-1].responses
        return " ".join(response.said for response in responses), bool(responses)

    def _offer(self, *, answered: bool) -> Offer:
        allowed = self.calling.allowed_function_names
        return Offer(
            functions=[each.function for each in self.declared if not allowed or each.name in allowed],
            choice="required" if self.calling.mode == "ANY" else "none" if self.calling.mode == "NONE" else "auto",
            answered=answered,
        )


def json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of Google's own kind as JSON Schema: its types are in capitals."""
    told: dict[str, Any] = {}
    for key, value in schema.items():
        match key:
            case "type":
                told[key] = value.lower()
            case "properties":
                told[key] = {name: json_schema(each) for name, each in value.items()}
            case "defs":
                told["$defs"] = {name: json_schema(each) for name, each in value.items()}
            case "ref":
                told["$ref"] = value
            case "anyOf":
                told[key] = [json_schema(each) for each in value]
            case "items":
                told[key] = json_schema(value)
            case _:
                told[key] = value
    return told
