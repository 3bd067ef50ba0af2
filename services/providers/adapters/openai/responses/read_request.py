"""A request for a response, read as a Conversation."""

import msgspec

from services.providers.adapters.caller_body import fields_of, invalid, read_body
from services.providers.adapters.openai.message_wire import given
from services.providers.adapters.openai.responses import request_wire as wire
from services.providers.adapters.openai.responses.read_input import InputReader
from services.providers.domain.conversation import Conversation, Format, Role, Text, Thinking, Tool, ToolChoice, Turn

ESSENTIAL = frozenset({"conversation", "moderation", "previous_response_id", "prompt"})
"""Fields that a Conversation has no place for, and without which another question would be answered."""
LOGPROBS = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"
_DONE = frozenset({LOGPROBS, ENCRYPTED})
"""What may be asked to be told, and is."""
_YES = msgspec.Raw(b"true")


def read_request(body: bytes) -> Conversation:
    """Read `body`. Raises Failure(INVALID_REQUEST), whose detail names the field where one is wrong."""
    read = read_body(wire.body, body)
    if not read.input:
        raise invalid("There is no input", "input")
    reader = InputReader()
    if read.instructions:
        reader.turns.append(Turn(Role.SYSTEM, (Text(read.instructions),)))
    if isinstance(read.input, str):
        reader.turns.append(Turn(Role.USER, (Text(read.input),)))
    else:
        reader.read(read.input)
    beyond, extra = reader.beyond, reader.extra
    for name, raw in fields_of(body).items():
        if name not in wire.FIELDS and given(raw):
            if name in ESSENTIAL:
                beyond.append(name)
            else:
                extra[name] = raw
    _asides(read, beyond, extra)
    tools = _tools(read, beyond)
    choice, tools = _tool_choice(read.tool_choice, tools, beyond)
    return Conversation(
        turns=tuple(reader.turns),
        tools=tools,
        tool_choice=choice,
        parallel_tools=read.parallel_tool_calls,
        format=_format(read.text, beyond),
        thinking=_thinking(read.reasoning),
        max_tokens=read.max_output_tokens,
        temperature=read.temperature,
        top_p=read.top_p,
        logprobs=read.top_logprobs is not None or LOGPROBS in (read.include or ()),
        top_logprobs=read.top_logprobs,
        user=read.user or read.safety_identifier or "",
        extra=extra,
        beyond=tuple(dict.fromkeys(beyond)),
    )


def _asides(read: wire.Body, beyond: list[str], extra: dict[str, msgspec.Raw]) -> None:
    """What asks for more than an answer to the conversation."""
    if read.background:
        beyond.append("background")
    if read.truncation == "auto":
        extra["truncation"] = _YES
    if read.text is not None and given(read.text.verbosity):
        extra["text.verbosity"] = read.text.verbosity
    if read.user and read.safety_identifier and read.user != read.safety_identifier:
        extra["safety_identifier"] = _YES
    for wanted in read.include or ():
        if wanted not in _DONE:
            extra[f"include.{wanted}"] = _YES


def _tools(read: wire.Body, beyond: list[str]) -> tuple[Tool, ...]:
    tools = []
    for index, tool in enumerate(read.tools or ()):
        if tool.type != "function":
            beyond.append(f"tools.{tool.type}")
        elif not tool.name:
            raise invalid("Object missing required field `name`", f"tools[{index}]")
        else:
            tools.append(Tool(tool.name, tool.description or "", given(tool.parameters), tool.strict))
    return tuple(tools)


def _tool_choice(
    said: str | wire.ToolChoice | None, tools: tuple[Tool, ...], beyond: list[str]
) -> tuple[ToolChoice | None, tuple[Tool, ...]]:
    """The choice, and the tools that it leaves: what may not be called is not told of."""
    match said:
        case None:
            return None, tools
        case str(mode):
            return _mode(mode, "tool_choice"), tools
        case wire.ToolChoice(type="function", name=name):
            return ToolChoice("tool", name), tools
        case wire.ToolChoice(type="allowed_tools", mode=mode, tools=list(allowed)):
            names = {tool.name for tool in allowed if tool.type == "function"}
            return _mode(mode, "tool_choice.mode"), tuple(tool for tool in tools if tool.name in names)
        case choice:
            beyond.append(f"tool_choice.{choice.type}")
            return None, tools


def _mode(mode: str, field: str) -> ToolChoice:
    match mode:
        case "auto" | "none" | "required":
            return ToolChoice(mode)
    raise invalid(f"Expected `auto`, `none` or `required`, got {mode!r}", field)


def _format(text: wire.TextConfig | None, beyond: list[str]) -> Format | None:
    said = text.format if text is not None else None
    match said:
        case None | wire.Format(type="text"):
            return None
        case wire.Format(type="json_object"):
            return Format()
        case wire.Format(type="json_schema"):
            return Format(given(said.schema), said.name, said.description or "", said.strict)
    beyond.append(f"text.format.{said.type}")
    return None


def _thinking(said: wire.Reasoning | None) -> Thinking | None:
    if said is None or not said.effort:
        return None
    return Thinking(off=True) if said.effort == "none" else Thinking(said.effort)
