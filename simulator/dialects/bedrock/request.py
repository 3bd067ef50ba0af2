"""A request to Converse, and what of it is to be answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from simulator.answers import Question, count_prompt_tokens
from simulator.dialects.bedrock.wire import Block, Body, Tool, ToolChoice, ToolConfig
from simulator.dialects.prompt_cache import Piece, Place, places
from simulator.functions import Answers, Function, Offer, called


@dataclass(frozen=True, slots=True)
class ConverseRequest:
    """A model, and a body: whether it is to be streamed its path said."""

    model: str
    streams: bool
    body: Body

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the request ends with; empty where there is none."""
        last = self.body.messages[-1] if self.body.messages else None
        text = last.text if last is not None and last.role == "assistant" else ""
        return text if text.strip() else ""

    @property
    def schema(self) -> object:
        """The JSON schema that the answer must follow, decoded; None where there is none."""
        config = self.body.output_config
        form = config.text_format if config is not None else None
        wanted = form.structure.json_schema if form is not None and form.structure is not None else None
        return msgspec.json.decode(wanted.schema) if wanted is not None and wanted.schema else None

    @property
    def thinks(self) -> bool:
        """Whether the model is to think first, in the words of Claude, Nova, or those with efforts."""
        fields = self.body.additional_model_request_fields or {}
        claude, nova = _kind(fields.get("thinking")), _kind(fields.get("reasoningConfig"))
        return claude in {"enabled", "adaptive"} or nova == "enabled" or bool(fields.get("reasoning_effort"))

    @property
    def tells_stop(self) -> bool:
        """Whether it is to be told which stop sequence ended the answer."""
        return "/stop_sequence" in (self.body.additional_model_response_field_paths or ())

    @property
    def sections(self) -> Iterator[tuple[str, Sequence[Tool | Block]]]:
        """What the prompt is made of, in the order in which it is cached: tools, the system prompt, messages."""
        tools: list[list[Tool | Block]] = []
        for tool in (self.body.tool_config or ToolConfig()).tools or ():
            if tool.cache_point is not None and tools:
                tools[-1].append(tool)
            else:
                tools.append([tool])
        for each in tools:
            yield "tool", each
        if self.body.system:
            yield "system", self.body.system
        for message in self.body.messages or ():
            yield message.role or "", message.blocks

    @property
    def tokens(self) -> int:
        """How long the prompt is."""
        sections = [parts for _, parts in self.sections]
        return count_prompt_tokens(
            ["".join(part.said for part in parts) for parts in sections],
            images=sum(part.images for parts in sections for part in parts),
        )

    def marked_places(self) -> list[Place]:
        """Return the ends of all parts of the prompt; the ends of those to be cached are marked."""
        return places(self.model, ((role, map(_piece, parts)) for role, parts in self.sections))

    def question(self, answers: Answers) -> Question:
        """What is to be answered; `answers` decides whether functions are called where the request leaves it open."""
        asked, answered = self._asked()
        config = self.body.inference_config
        return Question(
            asked=asked,
            prompt_tokens=self.tokens,
            prefix=self.prefix,
            limit=config.max_tokens,
            in_json=self.schema is not None,
            schema=self.schema,
            functions=called(self._offer(answered=answered), answers) if self.body.tool_config else (),
            stop=tuple(config.stop_sequences or ()),
            thinks=self.thinks,
        )

    def _asked(self) -> tuple[str, bool]:
        """Return what was said last to the model, and whether tools said it."""
        users = [message for message in self.body.messages or () if message.role == "user"]
        if not users or users[-1].text:
            return users[-1].text if users else "", False
        results = [block.said for block in users[-1].blocks if block.tool_result is not None]
        return " ".join(results), bool(results)

    def _offer(self, *, answered: bool) -> Offer:
        config = self.body.tool_config or ToolConfig()
        choice = config.tool_choice or ToolChoice()
        return Offer(
            functions=[Function(tool.name or "", tool.schema) for tool in config.specs],
            choice="required" if choice.any is not None else "auto",
            named=(choice.tool.name or "") if choice.tool is not None else "",
            answered=answered,
        )


def _kind(said: Any) -> object:
    return said.get("type") if isinstance(said, dict) else None


def _piece(part: Tool | Block) -> Piece:
    if part.cache_point is not None:
        return Piece(b"", ttl=part.cache_point.ttl)
    return Piece(msgspec.json.encode(part), len(part.said), part.images)
