"""OpenAI's chat completion request, as far as an answer depends on it; every other field is let through."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from simulator.answers import Question, count_prompt_tokens
from simulator.dialects.openai.errors import bad_request

Limit = Annotated[int, msgspec.Meta(ge=1)]
UNNAMED_FUNCTION = "simulated"
_FIELD = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")


class Part(msgspec.Struct):
    """A part of a message's content; only text has a length."""

    text: str = ""


class Message(msgspec.Struct):
    """A message of the conversation."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """The message's text, its parts joined."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(msgspec.Struct):
    """Options of a streaming request."""

    include_usage: bool | None = None


class Function(msgspec.Struct):
    """A function that a tool is, or that is to be called."""

    name: str = ""


class Tool(msgspec.Struct):
    """A tool that is offered, or the one that is to be used."""

    function: Function | None = None

    @property
    def name(self) -> str:
        """The function's name; empty where the tool is none."""
        return self.function.name if self.function else ""


class ResponseFormat(msgspec.Struct):
    """The form of the answer."""

    type: str = "text"


class ChatRequest(msgspec.Struct):
    """A chat completion request."""

    model: str | None = None
    messages: list[Message] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: Limit | None = None
    max_tokens: Limit | None = None
    tools: list[Tool] | None = None
    tool_choice: str | Tool | None = None
    response_format: ResponseFormat | None = None

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the request ends with; empty where there is none."""
        last = self.messages[-1] if self.messages else None
        text = last.text if last is not None and last.role == "assistant" else ""
        return text if text.strip() else ""

    def question(self, answer: Literal["text", "tool_call"]) -> Question:
        """What is to be answered; `answer` decides whether a function is called where the request leaves it open."""
        texts = [message.text for message in self.messages or ()]
        users = [message.text for message in self.messages or () if message.role == "user"]
        return Question(
            asked=users[-1] if users else "",
            prompt_tokens=count_prompt_tokens(texts),
            prefix=self.prefix,
            limit=self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens,
            in_json=self.response_format is not None and self.response_format.type.startswith("json"),
            function=self._function(answer),
        )

    def _function(self, answer: Literal["text", "tool_call"]) -> str:
        offered = self.tools[0].name if self.tools else ""
        if self.tools and isinstance(self.tool_choice, Tool):
            return self.tool_choice.name or offered
        if answer == "tool_call" or (self.tools and self.tool_choice == "required"):
            return offered or UNNAMED_FUNCTION
        return ""


_DECODER = msgspec.json.Decoder(ChatRequest)


def decode(body: bytes) -> ChatRequest:
    """Read a request's body; raises RejectedError where it cannot be read."""
    try:
        return _DECODER.decode(body)
    except msgspec.ValidationError as problem:
        field = _FIELD.search(str(problem))
        raise bad_request(f"Invalid request: {problem}", field["field"] if field else None, "invalid_value") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_request("We could not parse the JSON body of your request.") from None


def check(request: ChatRequest) -> None:
    """Raise RejectedError where something is missing, or does not go together."""
    if request.messages is None:
        raise bad_request("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    if not request.messages:
        raise bad_request("Invalid 'messages': expected at least 1 message.", "messages", "empty_array")
    if request.stream_options is not None and request.stream is not True:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise bad_request(message, "stream_options")
