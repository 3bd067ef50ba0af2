"""Cohere's request for a chat, as far as an answer depends on it; every other field is let through.

Source: docs.cohere.com/v2/reference/chat; cohere-ai/cohere-python `v2/raw_client.py` and `types`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from simulator.answers import Question, count_prompt_tokens
from simulator.dialects.prompt_cache import Piece, Place, places
from simulator.dialects.rejected import bad_request
from simulator.functions import Answers, Function, Offer, called

T = TypeVar("T")
_CACHED = "5m"
LEAST_CACHED = 1024
"""Tokens of a prompt that are worth keeping."""


class Document(msgspec.Struct):
    """What may be cited."""

    data: dict[str, Any] | str | None = None
    id: str | None = None

    @property
    def said(self) -> str:
        """The text in it."""
        values = self.data.values() if isinstance(self.data, dict) else [self.data or ""]
        return " ".join(value if isinstance(value, str) else msgspec.json.encode(value).decode() for value in values)

    @property
    def fields(self) -> dict[str, Any]:
        """It as a source has it."""
        return dict(self.data) if isinstance(self.data, dict) else {"content": self.data or ""}


class Part(msgspec.Struct):
    """A part of a message."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    image_url: dict[str, Any] | None = None
    document: Document | None = None

    @property
    def said(self) -> str:
        """The text in it."""
        return self.document.said if self.document is not None else self.text or ""


class CalledFunction(msgspec.Struct):
    """What was called, with what."""

    name: str = ""
    arguments: str = ""


class Call(msgspec.Struct):
    """A call."""

    id: str = ""
    function: CalledFunction = msgspec.field(default_factory=CalledFunction)


class Message(msgspec.Struct):
    """A message of the conversation."""

    role: str = ""
    content: str | list[Part] | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None
    tool_plan: str | None = None

    @property
    def parts(self) -> list[Part]:
        """The parts; a string is one of text."""
        if isinstance(self.content, str):
            return [Part("text", self.content)]
        return self.content or []

    @property
    def text(self) -> str:
        """The text."""
        return "".join(part.said for part in self.parts)

    @property
    def images(self) -> int:
        """How many images are in it."""
        return sum(part.type == "image_url" for part in self.parts)


class ToolFunction(msgspec.Struct):
    """A function that is offered."""

    name: str = ""
    parameters: Any = None


class Tool(msgspec.Struct):
    """A tool that is offered."""

    type: str = ""
    function: ToolFunction = msgspec.field(default_factory=ToolFunction)


class ResponseFormat(msgspec.Struct):
    """The form of the answer."""

    type: str = "text"
    json_schema: Any = None


class Thinking(msgspec.Struct):
    """Whether the model is to think first."""

    type: str = ""
    token_budget: int | None = None


class CitationOptions(msgspec.Struct):
    """Whether documents are to be cited."""

    mode: str = "ENABLED"


class ChatRequest(msgspec.Struct):
    """A request."""

    model: str = ""
    messages: list[Message] | None = None
    stream: bool | None = None
    tools: list[Tool] | None = None
    tool_choice: str | None = None
    documents: list[Document | str] | None = None
    citation_options: CitationOptions = msgspec.field(default_factory=CitationOptions)
    response_format: ResponseFormat = msgspec.field(default_factory=ResponseFormat)
    max_tokens: int | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    k: float | None = None
    p: float | None = None
    thinking: Thinking | None = None

    prefix = ""
    """An answer that was begun is none of Cohere's: it answers a user or a tool."""

    @property
    def streams(self) -> bool:
        """Whether the answer is to be streamed."""
        return self.stream is True

    @property
    def thinks(self) -> bool:
        """Whether the model is to think; those that reason do, unless they are told not to."""
        return "reasoning" in self.model if self.thinking is None else self.thinking.type == "enabled"

    @property
    def in_json(self) -> bool:
        """Whether the answer is to be JSON."""
        return self.response_format.type == "json_object"

    @property
    def told(self) -> list[Document]:
        """The documents beside the messages."""
        return [Document(each) if isinstance(each, str) else each for each in self.documents or ()]

    @property
    def results(self) -> list[Message]:
        """What tools said since the model spoke."""
        found: list[Message] = []
        for message in reversed(self.messages or ()):
            if message.role != "tool":
                break
            found.append(message)
        return found[::-1]

    @property
    def sources(self) -> list[dict[str, object]]:
        """What the answer cites: all documents, and all that tools said."""
        if self.citation_options.mode in {"OFF", "DISABLED"} or self.in_json:
            return []
        found: list[dict[str, object]] = []
        for number, document in enumerate(self.told):
            identity = document.id or f"doc:{number}"
            found.append({"type": "document", "id": identity, "document": {"id": identity, **document.fields}})
        for message in self.results:
            for number, part in enumerate(message.parts):
                output = part.document.fields if part.document is not None else {"content": part.said}
                identity = (
                    part.document.id if part.document is not None else None
                ) or f"{message.tool_call_id}:{number}"
                found.append({"type": "tool", "id": identity, "tool_output": output})
        return found

    @property
    def tokens(self) -> int:
        """How long the prompt is: the documents beside the messages are messages, too."""
        texts = [document.said for document in self.told]
        messages = self.messages or ()
        return count_prompt_tokens(
            [*texts, *(message.text for message in messages)], images=sum(message.images for message in messages)
        )

    def cached_places(self) -> list[Place]:
        """Return the ends of all messages; what comes before the last is cached unasked, where it is long enough."""
        sections = [("document", document.said, 0) for document in self.told]
        sections += [(message.role, message.text, message.images) for message in self.messages or ()]
        pieces = ((role, (Piece(text.encode(), len(text), images),)) for role, text, images in sections)
        return [
            replace(place, ttl=_CACHED) if place.tokens >= LEAST_CACHED else place
            for place in places(self.model, pieces)[:-1]
        ]

    def question(self, answers: Answers) -> Question:
        """What is to be answered; `answers` decides whether functions are called where the request leaves it open."""
        functions = called(self._offer(), answers) if self.tools else ()
        plans = bool(functions) and (self.thinking is None or self.thinks)
        return Question(
            asked=self._asked(),
            prompt_tokens=self.tokens,
            limit=self.max_tokens,
            in_json=self.in_json,
            schema=self.response_format.json_schema,
            functions=functions,
            stop=tuple(self.stop_sequences or ()),
            thinks=self.thinks or plans,
        )

    def _asked(self) -> str:
        if self.results:
            return " ".join(message.text for message in self.results)
        return next((message.text for message in reversed(self.messages or ()) if message.role == "user"), "")

    def _offer(self) -> Offer:
        choice = self.tool_choice
        return Offer(
            functions=[Function(tool.function.name, tool.function.parameters) for tool in self.tools or ()],
            choice="required" if choice == "REQUIRED" else "none" if choice == "NONE" else "auto",
            answered=bool(self.results),
        )


_DECODER = msgspec.json.Decoder(ChatRequest)


def decode(body: bytes) -> ChatRequest:
    """Read a chat's body; raises RejectedError where it cannot be read."""
    return read(_DECODER, body)


def read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Read a body; raises RejectedError where it cannot be read."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as problem:
        raise bad_request(f"invalid request: {problem}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_request("invalid request: the body is not valid JSON") from None
