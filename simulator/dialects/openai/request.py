"""OpenAI's chat completion request, as far as an answer depends on it; every other field is let through."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from simulator.answers import Question, count_prompt_tokens
from simulator.dialects.rejected import bad_request
from simulator.dialects.texts import last_said
from simulator.functions import Answers, Function, Offer, called

Limit = Annotated[int, msgspec.Meta(ge=1)]
T = TypeVar("T")
MAX_CHOICES = 128
MAX_STOPS = 4
_FIELD = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")


class Part(msgspec.Struct):
    """A part of a message's content; only text has a length, and an image counts as one."""

    type: str = "text"
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

    @property
    def images(self) -> int:
        """How many images the message has."""
        return sum(part.type == "image_url" for part in self.content) if isinstance(self.content, list) else 0


class StreamOptions(msgspec.Struct):
    """Options of a streaming request."""

    include_usage: bool | None = None


class TextRequest(msgspec.Struct):
    """What requests for chats and for older completions have in common."""

    model: str = ""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHOICES)] | None = None
    stop: str | Annotated[list[str], msgspec.Meta(max_length=MAX_STOPS)] | None = None

    @property
    def streams(self) -> bool:
        """Whether the answer is to be streamed."""
        return self.stream is True

    @property
    def includes_usage(self) -> bool:
        """Whether a stream is to end with the usage."""
        return self.stream_options is not None and self.stream_options.include_usage is True

    @property
    def stops(self) -> tuple[str, ...]:
        """Texts before which the answer ends."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    def check_stream(self) -> None:
        """Raise RejectedError where there are options of a stream, but no stream."""
        if self.stream_options is not None and not self.streams:
            raise bad_request(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
            )


class FunctionTool(msgspec.Struct):
    """A function that a tool is, or that is to be called."""

    name: str = ""
    parameters: Any = None


class Tool(msgspec.Struct):
    """A tool that is offered, or the one that is to be used."""

    function: FunctionTool | None = None

    @property
    def name(self) -> str:
        """The function's name; empty where the tool is none."""
        return self.function.name if self.function else ""

    @property
    def offered(self) -> Function:
        """The function that the tool is."""
        return Function(self.name, self.function.parameters if self.function else None)


class JSONSchema(msgspec.Struct):
    """What an answer in JSON must follow."""

    schema: Any = None


class ResponseFormat(msgspec.Struct):
    """The form of the answer."""

    type: str = "text"
    json_schema: JSONSchema | None = None


class ChatRequest(TextRequest):
    """A chat completion request."""

    messages: list[Message] | None = None
    max_completion_tokens: Limit | None = None
    max_tokens: Limit | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["auto", "none", "required"] | Tool | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the request ends with; empty where there is none."""
        last = self.messages[-1] if self.messages else None
        text = last.text if last is not None and last.role == "assistant" else ""
        return text if text.strip() else ""

    def question(self, answers: Answers) -> Question:
        """What is to be answered; `answers` decides whether functions are called where the request leaves it open."""
        messages = self.messages or ()
        asked, answered = last_said((message.role, message.text) for message in reversed(messages))
        form = self.response_format
        return Question(
            asked=asked,
            prompt_tokens=count_prompt_tokens(
                [message.text for message in messages], images=sum(message.images for message in messages)
            ),
            prefix=self.prefix,
            limit=self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens,
            in_json=form is not None and form.type.startswith("json"),
            schema=form.json_schema.schema if form is not None and form.json_schema is not None else None,
            functions=called(self._offer(answered=answered), answers) if self.tools or answers != "text" else (),
            stop=self.stops,
            choices=self.n or 1,
        )

    def _offer(self, *, answered: bool) -> Offer:
        offered = [tool.offered for tool in self.tools or ()]
        choice = self.tool_choice
        return Offer(
            functions=offered,
            choice=choice if isinstance(choice, str) else "auto",
            named=choice.name or offered[0].name if offered and isinstance(choice, Tool) else "",
            several=self.parallel_tool_calls is not False,
            answered=answered,
        )


_DECODER = msgspec.json.Decoder(ChatRequest)


def decode(body: bytes) -> ChatRequest:
    """Read a chat's body; raises RejectedError where it cannot be read."""
    return read_body(_DECODER, body)


def read_body(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Read a request's body; raises RejectedError where it cannot be read."""
    try:
        return decoder.decode(body)
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
    request.check_stream()
    choice = request.tool_choice
    if isinstance(choice, Tool) and choice.name and choice.name not in {tool.name for tool in request.tools or ()}:
        raise bad_request(f"Tool choice '{choice.name}' not found in 'tools' parameter.", "tool_choice")
