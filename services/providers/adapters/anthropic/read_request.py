"""A request of an Anthropic-shaped caller, read as a Conversation."""

from services.providers.adapters.anthropic import wire
from services.providers.adapters.anthropic.read_blocks import Beyond, cache_of, read_parts
from services.providers.adapters.caller_body import invalid, read_body, read_fields
from services.providers.adapters.raw import told
from services.providers.domain.conversation import Conversation, Format, Role, Thinking, Tool, ToolChoice, Turn

ESSENTIAL = frozenset({"container", "mcp_servers"})
"""Fields that a Conversation has no place for, and without which another question would be answered: what the model can
work in and with."""

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_HINTS = ("allowed_callers", "defer_loading", "eager_input_streaming", "input_examples")


def read_request(body: bytes) -> Conversation:
    """Read `body`. Raises Failure(INVALID_REQUEST), whose detail names the field where one is wrong."""
    read = read_body(wire.body, body)
    beyond = Beyond()
    for name, value in read_fields(body).items():
        if name in ESSENTIAL and told(value):
            beyond.essential[name] = None
        elif name not in wire.FIELDS:
            beyond.hint(name, value)
    turns = _turns(read, beyond)
    choice = read.tool_choice
    config = read.output_config or _NO_CONFIG
    return Conversation(
        turns=turns,
        tools=tuple([tool for said in read.tools or () if (tool := _tool(said, beyond)) is not None]),
        tool_choice=_tool_choice(choice) if choice is not None else None,
        parallel_tools=None
        if choice is None or choice.disable_parallel_tool_use is None
        else not choice.disable_parallel_tool_use,
        format=_format(config.format, beyond),
        thinking=_thinking(read.thinking, config.effort or "", beyond),
        max_tokens=read.max_tokens,
        temperature=read.temperature,
        top_p=read.top_p,
        top_k=read.top_k,
        stop=tuple(read.stop_sequences or ()),
        user=(read.metadata.user_id or "") if read.metadata is not None else "",
        extra=beyond.extra,
        beyond=tuple(beyond.essential),
    )


def _turns(read: wire.Body, beyond: Beyond) -> tuple[Turn, ...]:
    turns = [Turn(Role.SYSTEM, read_parts(read.system, beyond))] if read.system else []
    for index, message in enumerate(read.messages):
        role = _ROLES.get(message.role)
        if role is None:
            raise invalid(f"There is no role {message.role!r}", f"messages[{index}].role")
        turns.append(Turn(role, read_parts(message.content, beyond)))
    return tuple(turns)


def _tool(said: wire.ToolObject, beyond: Beyond) -> Tool | None:
    """A tool of the caller's; None for those of Anthropic's own, which no other vendor knows."""
    if said.type not in {None, "custom"}:
        beyond.essential[f"tools.{said.type}"] = None
        return None
    for hint in _HINTS:
        beyond.hint(f"tools.{hint}", getattr(said, hint))
    return Tool(said.name, said.description or "", said.input_schema, said.strict, cache_of(said.cache_control))


def _tool_choice(said: wire.ToolChoiceObject) -> ToolChoice:
    match said.type:
        case "auto" | "none":
            return ToolChoice(said.type)
        case "any":
            return ToolChoice("required")
        case "tool" if said.name:
            return ToolChoice("tool", said.name)
    raise invalid("Expected `auto`, `any`, `none`, or `tool` with its name", "tool_choice")


def _format(said: wire.FormatObject | None, beyond: Beyond) -> Format | None:
    if said is None:
        return None
    if said.type != "json_schema":
        beyond.essential[f"output_config.format.{said.type}"] = None
        return None
    return Format(said.schema)


def _thinking(said: wire.ThinkingObject | None, effort: str, beyond: Beyond) -> Thinking | None:
    if said is None:
        return Thinking(effort) if effort else None
    beyond.hint("thinking.display", said.display)
    if said.type == "disabled":
        return Thinking(effort, off=True)
    return Thinking(effort, said.budget_tokens)


_NO_CONFIG = wire.OutputConfig()
