"""OpenAI's request for a response, as far as an answer depends on it or repeats it; every other field is let through.

Source: `types/responses/response_create_params.py` of the official SDK.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from simulator.answers import Question, count_prompt_tokens
from simulator.dialects.openai.request import read_body
from simulator.dialects.texts import last_said
from simulator.functions import Answers, Function, Offer, called

JSONObject = dict[str, Any]
ENCRYPTED = "reasoning.encrypted_content"


class Part(msgspec.Struct):
    """A part of a message's content, or of what a function answered."""

    type: str = ""
    text: str = ""


class Item(msgspec.Struct):
    """An item of the input: a message, unless it says something else."""

    type: str = "message"
    role: str = ""
    content: str | list[Part] | None = None
    output: str | list[Part] | None = None
    call_id: str = ""

    @property
    def parts(self) -> list[Part]:
        """What it is made of, where that is parts."""
        given = self.output if self.type == "function_call_output" else self.content
        return given if isinstance(given, list) else []

    @property
    def text(self) -> str:
        """What it says, its parts joined; a thought is not said."""
        if self.type == "reasoning":
            return ""
        given = self.output if self.type == "function_call_output" else self.content
        return given if isinstance(given, str) else "".join(part.text for part in self.parts)

    @property
    def speaker(self) -> str:
        """The role that has it in a conversation; empty where nobody says it."""
        if self.type == "function_call_output":
            return "tool"
        return self.role if self.type == "message" else ""


class Format(msgspec.Struct):
    """The form of the answer; a response says it again."""

    type: str = "text"
    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    schema: Any = msgspec.UNSET
    strict: bool | msgspec.UnsetType | None = msgspec.UNSET


class TextConfig(msgspec.Struct):
    """How text is to be answered."""

    format: Format | None = None


class Reasoning(msgspec.Struct):
    """How the model is to think, and what is told of it."""

    effort: str | None = None
    summary: str | None = None


class ResponsesRequest(msgspec.Struct):
    """A request for a response."""

    model: str = ""
    input: str | list[Item] | None = None
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    tools: list[JSONObject] | None = None
    tool_choice: str | JSONObject | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    include: list[str] | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    metadata: dict[str, str] | None = None

    @property
    def streams(self) -> bool:
        """Whether the answer is to be streamed."""
        return self.stream is True

    @property
    def items(self) -> list[Item]:
        """The items of the input; a text is what a user says."""
        given = self.input
        return [Item(role="user", content=given)] if isinstance(given, str) else given or []

    @property
    def prefix(self) -> str:
        """The beginning of an answer that the input ends with; empty where there is none."""
        last = self.items[-1] if self.items else None
        text = last.text if last is not None and last.speaker == "assistant" else ""
        return text if text.strip() else ""

    @property
    def thinks(self) -> bool:
        """Whether the model is to think before it answers."""
        asked = self.reasoning
        return asked is not None and (asked.effort or asked.summary or "none") != "none"

    @property
    def summarizes(self) -> bool:
        """Whether it is told what the model thought."""
        return self.reasoning is not None and self.reasoning.summary is not None

    @property
    def seals(self) -> bool:
        """Whether thoughts are given in encrypted form, to be shown to the model again."""
        return ENCRYPTED in (self.include or ())

    def question(self, answers: Answers) -> Question:
        """What is to be answered; `answers` decides whether functions are called where the request leaves it open."""
        items = self.items
        asked, answered = last_said((item.speaker, item.text) for item in reversed(items))
        form = self.text.format if self.text is not None else None
        said = [self.instructions] if self.instructions else []
        images = sum(part.type == "input_image" for item in items for part in item.parts)
        return Question(
            asked=asked,
            prompt_tokens=count_prompt_tokens([*said, *(item.text for item in items)], images=images),
            prefix=self.prefix,
            limit=self.max_output_tokens,
            in_json=form is not None and form.type.startswith("json"),
            schema=form.schema if form is not None and form.schema is not msgspec.UNSET else None,
            functions=called(self._offer(answered=answered), answers) if self.tools or answers != "text" else (),
            thinks=self.thinks,
        )

    def _offer(self, *, answered: bool) -> Offer:
        choice = self.tool_choice
        functions = self.functions
        mode, named = choice if isinstance(choice, str) else "auto", ""
        if isinstance(choice, dict):
            named = str(choice.get("name", "")) if choice.get("type") == "function" else ""
            if choice.get("type") == "allowed_tools":
                allowed = {tool.get("name") for tool in choice.get("tools", ())}
                functions = [function for function in functions if function.name in allowed]
                mode = str(choice.get("mode", "auto"))
        return Offer(
            functions=functions,
            choice="none" if mode == "none" else "required" if mode == "required" else "auto",
            named=named,
            several=self.parallel_tool_calls is not False,
            answered=answered,
        )

    @property
    def functions(self) -> list[Function]:
        """The functions that are offered; tools of other types are never used."""
        return [
            Function(str(tool.get("name", "")), tool.get("parameters"))
            for tool in self.tools or ()
            if tool.get("type") == "function"
        ]


_DECODER = msgspec.json.Decoder(ResponsesRequest)


def decode(body: bytes) -> ResponsesRequest:
    """Read a body; raises RejectedError where it cannot be read."""
    return read_body(_DECODER, body)
