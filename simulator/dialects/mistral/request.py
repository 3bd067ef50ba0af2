"""Mistral's chat completion request: `models/chatcompletionrequest.py` of mistralai/client-python."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from simulator.answers import Question, count_prompt_tokens
from simulator.dialects.mistral.chunks import Heard, Said, Strict, TextChunk, images_in, text_of
from simulator.dialects.mistral.errors import InvalidError
from simulator.dialects.texts import last_said
from simulator.functions import Answers, Function, Offer, called

T = TypeVar("T", bound=BaseModel)


class SystemMessage(Strict):
    """What the model is told of its task."""

    role: Literal["system"]
    content: str | list[TextChunk]


class UserMessage(Strict):
    """What a user says."""

    role: Literal["user"]
    content: str | list[Heard] | None


class FunctionCall(Strict):
    """A function, and what it is called with."""

    name: str
    arguments: str | dict[str, Any]


class ToolCall(Strict):
    """A call that the model made."""

    function: FunctionCall
    id: str = "null"
    type: Literal["function"] = "function"
    index: int = 0


class AssistantMessage(Strict):
    """What the model said, or, with `prefix`, begins to say."""

    role: Literal["assistant"]
    content: str | list[Said] | None = None
    tool_calls: list[ToolCall] | None = None
    prefix: bool = False


class ToolMessage(Strict):
    """What a function answered."""

    role: Literal["tool"]
    content: str | list[Heard] | None
    tool_call_id: str | None = None
    name: str | None = None


Message = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


class FunctionTool(Strict):
    """A function that is offered."""

    name: str
    parameters: dict[str, Any]
    description: str = ""
    strict: bool | None = None


class Tool(Strict):
    """A tool that is offered."""

    type: Literal["function"] = "function"
    function: FunctionTool


class FunctionName(Strict):
    """Which function."""

    name: str


class ToolChoice(Strict):
    """The function that must be called."""

    type: Literal["function"] = "function"
    function: FunctionName


class JSONSchema(Strict):
    """What an answer in JSON must follow."""

    name: str
    schema_definition: dict[str, Any] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(Strict):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: JSONSchema | None = None


class Prediction(Strict):
    """What the answer will be, as the caller expects."""

    type: Literal["content"] = "content"
    content: str = ""


class ChatRequest(Strict):
    """A chat completion request. Fields that change no simulated answer are read to be checked."""

    model: str = ""
    messages: Annotated[list[Message], Field(min_length=1)]
    temperature: Annotated[float, Field(ge=0, le=1.5)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    stream: bool = False
    stop: str | list[str] | None = None
    random_seed: Annotated[int, Field(ge=0)] | None = None
    metadata: dict[str, Any] | None = None
    response_format: ResponseFormat | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["auto", "none", "any", "required"] | ToolChoice | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    min_tokens: int | None = None
    repetition_penalty: float | None = None
    top_k: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    prompt_logprobs: bool | None = None
    top_prompt_logprobs: int | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    prediction: Prediction | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    prompt_mode: Literal["reasoning"] | None = None
    guardrails: list[dict[str, Any]] | None = None
    prompt_cache_key: str | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    safe_prompt: bool | None = None

    @property
    def streams(self) -> bool:
        """Whether the answer is to be streamed."""
        return self.stream

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the request ends with; empty where there is none."""
        last = self.messages[-1]
        text = text_of(last.content) if isinstance(last, AssistantMessage) and last.prefix else ""
        return text if text.strip() else ""

    @property
    def thinks(self) -> bool:
        """Whether the model is to think before it answers."""
        return self.prompt_mode == "reasoning" or (self.reasoning_effort or "none") != "none"

    def question(self, answers: Answers) -> Question:
        """What is to be answered; `answers` decides whether functions are called where the request leaves it open."""
        messages = self.messages
        asked, answered = last_said((message.role, text_of(message.content)) for message in reversed(messages))
        form = self.response_format
        return Question(
            asked=asked,
            prompt_tokens=count_prompt_tokens(
                [text_of(message.content) for message in messages],
                images=sum(images_in(message.content) for message in messages),
            ),
            prefix=self.prefix,
            limit=self.max_tokens,
            in_json=form is not None and form.type.startswith("json"),
            schema=form.json_schema.schema_definition if form is not None and form.json_schema is not None else None,
            functions=called(self._offer(answered=answered), answers) if self.tools or answers != "text" else (),
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            thinks=self.thinks,
            choices=self.n or 1,
        )

    def _offer(self, *, answered: bool) -> Offer:
        choice = self.tool_choice
        return Offer(
            functions=[Function(tool.function.name, tool.function.parameters) for tool in self.tools or ()],
            choice="required" if choice in {"any", "required"} else "none" if choice == "none" else "auto",
            named=choice.function.name if isinstance(choice, ToolChoice) else "",
            several=self.parallel_tool_calls is not False,
            answered=answered,
        )


def read_body(model: type[T], body: bytes) -> T:
    """Read a request's body; raises InvalidError where it cannot be read, or says what Mistral does not know."""
    try:
        return model.model_validate_json(body)
    except ValidationError as problem:
        problems = problem.errors(include_url=False, include_context=False)
        raise InvalidError([{**each, "loc": ("body", *each["loc"])} for each in problems]) from None
