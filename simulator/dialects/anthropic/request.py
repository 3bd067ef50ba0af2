"""Anthropic's request for a message, as far as an answer depends on it; every other field is let through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from simulator.answers import Question, count_prompt_tokens
from simulator.dialects.rejected import bad_request
from simulator.functions import Answers, Function, Offer, called

_FIELD = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")


class CacheControl(msgspec.Struct):
    """Ends a part of the prompt that is to be cached, for five minutes or an hour."""

    type: str = ""
    ttl: str = "5m"


class Block(msgspec.Struct, omit_defaults=True):
    """A part of a message, of any kind; what its kind does not have is None."""

    type: str = ""
    text: str | None = None
    citations: list[Any] | None = None
    source: Any = None
    id: str | None = None
    name: str | None = None
    input: Any = None
    tool_use_id: str | None = None
    content: str | list[Block] | dict[str, Any] | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    cache_control: CacheControl | None = None

    @property
    def said(self) -> str:
        """The text in it, that of a tool's answer or a document included."""
        if self.type == "text":
            return self.text or ""
        if self.type == "document" and isinstance(self.source, dict) and self.source.get("type") == "text":
            return str(self.source.get("data", ""))
        if isinstance(self.content, str):
            return self.content
        return "".join(part.said for part in self.content) if isinstance(self.content, list) else ""

    @property
    def images(self) -> int:
        """How many images are in it; a document that is no text counts as one."""
        if self.type == "image" or (self.type == "document" and not self.said):
            return 1
        return sum(part.images for part in self.content) if isinstance(self.content, list) else 0


class Message(msgspec.Struct):
    """A message of the conversation."""

    role: str = ""
    content: str | list[Block] | None = None

    @property
    def blocks(self) -> list[Block]:
        """The parts; a string is one of text."""
        return _blocks(self.content)

    @property
    def text(self) -> str:
        """The text, without what tools said."""
        return "".join(block.text or "" for block in self.blocks if block.type == "text")


class Tool(msgspec.Struct, omit_defaults=True):
    """A tool that is offered; one with a `type` of its own is the vendor's, and has no schema."""

    name: str = ""
    description: str = ""
    input_schema: Any = None
    type: str | None = None
    cache_control: CacheControl | None = None

    images = 0

    @property
    def said(self) -> str:
        """What of it is in the prompt."""
        return self.name + self.description + msgspec.json.encode(self.input_schema).decode()

    @property
    def is_function(self) -> bool:
        """Whether the caller carries it out."""
        return self.type in {None, "custom"}


class ToolChoice(msgspec.Struct):
    """Whether and which tools are to be used."""

    type: str = ""
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(msgspec.Struct):
    """Whether the model is to think first."""

    type: str = ""
    budget_tokens: int | None = None
    display: str | None = None


class Format(msgspec.Struct):
    """The form of the answer."""

    type: str = ""
    schema: Any = None


class OutputConfig(msgspec.Struct):
    """What is asked of the output."""

    format: Format | None = None


class MessageRequest(msgspec.Struct):
    """A request for a message, or for the size of one."""

    model: str = ""
    messages: list[Message] | None = None
    max_tokens: int | None = None
    system: str | list[Block] | None = None
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    cache_control: CacheControl | None = None

    @property
    def streams(self) -> bool:
        """Whether the answer is to be streamed."""
        return self.stream is True

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the request ends with; empty where there is none."""
        last = self.messages[-1] if self.messages else None
        text = last.text if last is not None and last.role == "assistant" else ""
        return text if text.strip() else ""

    @property
    def sections(self) -> Iterator[tuple[str, Sequence[Tool | Block]]]:
        """What the prompt is made of, in the order in which it is cached: tools, the system prompt, messages."""
        for tool in self.tools or ():
            yield "tool", (tool,)
        if self.system:
            yield "system", _blocks(self.system)
        for message in self.messages or ():
            yield message.role, message.blocks

    @property
    def tokens(self) -> int:
        """How long the prompt is."""
        sections = [parts for _, parts in self.sections]
        return count_prompt_tokens(
            ["".join(part.said for part in parts) for parts in sections],
            images=sum(part.images for parts in sections for part in parts),
        )

    def question(self, answers: Answers) -> Question:
        """What is to be answered; `answers` decides whether functions are called where the request leaves it open."""
        asked, answered = self._asked()
        form = self.output_config.format if self.output_config else None
        kind = self.thinking.type if self.thinking else "disabled"
        return Question(
            asked=asked,
            prompt_tokens=self.tokens,
            prefix=self.prefix,
            limit=self.max_tokens,
            in_json=form is not None,
            schema=form.schema if form else None,
            functions=called(self._offer(answered=answered), answers) if self.tools else (),
            stop=tuple(self.stop_sequences or ()),
            thinks=kind in {"enabled", "adaptive"} or (kind == "between_tools" and answered),
        )

    def _asked(self) -> tuple[str, bool]:
        """Return what was said last to the model, and whether tools said it."""
        users = [message for message in self.messages or () if message.role == "user"]
        if not users or users[-1].text:
            return users[-1].text if users else "", False
        results = [block.said for block in users[-1].blocks if block.type == "tool_result"]
        return " ".join(results), bool(results)

    def _offer(self, *, answered: bool) -> Offer:
        choice = self.tool_choice or ToolChoice("auto")
        return Offer(
            functions=[Function(tool.name, tool.input_schema) for tool in self.tools or () if tool.is_function],
            choice="required" if choice.type == "any" else "none" if choice.type == "none" else "auto",
            named=choice.name or "" if choice.type == "tool" else "",
            several=not choice.disable_parallel_tool_use,
            answered=answered,
        )


_DECODER = msgspec.json.Decoder(MessageRequest)


def decode(body: bytes) -> MessageRequest:
    """Read a request's body; raises RejectedError where it cannot be read."""
    try:
        return _DECODER.decode(body)
    except msgspec.ValidationError as problem:
        field = _FIELD.search(str(problem))
        where = _INDEX.sub(r".\1", field["field"]) if field else ""
        said = str(problem).removesuffix(field.group() if field else "")
        raise bad_request(f"{where}: {said}" if where else said) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_request("The request body is not valid JSON") from None


def _blocks(content: str | list[Block] | None) -> list[Block]:
    if isinstance(content, str):
        return [Block("text", content)] if content else []
    return content or []
