"""A chat request of an OpenAI-shaped caller, read as a Conversation."""

from services.providers.adapters.caller_body import fields_of, invalid, read_body
from services.providers.adapters.openai import request_wire as wire
from services.providers.adapters.openai.message_wire import given
from services.providers.adapters.openai.read_messages import MessagesReader, cache_of
from services.providers.domain.conversation import Conversation, Format, Thinking, Tool, ToolChoice

ESSENTIAL = frozenset({"audio", "moderation", "web_search_options"})
"""Fields that a Conversation has no place for, and without which another question would be answered: a spoken answer,
one that was looked at first, one from the web."""


def read_request(body: bytes) -> Conversation:
    """Read `body`. Raises Failure(INVALID_REQUEST), whose detail names the field where one is wrong."""
    read = read_body(wire.body, body)
    if not read.messages:
        raise invalid("There are no messages", "messages")
    messages = MessagesReader()
    messages.read(read.messages)
    extra = {name: raw for name, raw in fields_of(body).items() if name not in wire.FIELDS and given(raw)}
    beyond = [*messages.beyond, *(name for name in extra if name in ESSENTIAL)]
    tools = _tools(read, beyond)
    choice, tools = _tool_choice(read, tools, beyond)
    stop = read.stop or ()
    return Conversation(
        turns=tuple(messages.turns),
        tools=tools,
        tool_choice=choice,
        parallel_tools=read.parallel_tool_calls,
        format=_format(read.response_format, beyond),
        thinking=_thinking(read),
        max_tokens=read.max_completion_tokens if read.max_completion_tokens is not None else read.max_tokens,
        temperature=read.temperature,
        top_p=read.top_p,
        top_k=read.top_k,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        seed=read.seed,
        frequency_penalty=read.frequency_penalty,
        presence_penalty=read.presence_penalty,
        choices=read.n or 1,
        logprobs=bool(read.logprobs),
        top_logprobs=read.top_logprobs,
        user=read.user or "",
        functions=bool(read.functions) and not read.tools,
        usage_wanted=bool(read.stream_options and read.stream_options.include_usage),
        extra={name: raw for name, raw in extra.items() if name not in ESSENTIAL},
        beyond=tuple(dict.fromkeys(beyond)),
    )


def _tools(read: wire.Body, beyond: list[str]) -> tuple[Tool, ...]:
    tools = []
    for index, tool in enumerate(read.tools or ()):
        if tool.function is not None:
            tools.append(_tool(tool.function, cache_of(tool.cache_control)))
        elif tool.type == "function":
            raise invalid("Object missing required field `function`", f"tools[{index}]")
        else:
            beyond.append(f"tools.{tool.type}")
    return (*tools, *(_tool(function) for function in read.functions or ()))


def _tool(function: wire.Function, cache: str = "") -> Tool:
    return Tool(
        function.name,
        function.description or "",
        given(function.parameters),
        function.strict,
        cache or cache_of(function.cache_control),
    )


def _tool_choice(
    read: wire.Body, tools: tuple[Tool, ...], beyond: list[str]
) -> tuple[ToolChoice | None, tuple[Tool, ...]]:
    """The choice, and the tools that it leaves: what may not be called is not told of."""
    match read.tool_choice:
        case None:
            pass
        case str(mode):
            return _mode(mode, "tool_choice"), tools
        case wire.ToolChoice(allowed_tools=wire.AllowedTools(mode=mode, tools=allowed)):
            names = {tool.function.name for tool in allowed if tool.function is not None}
            return _mode(mode, "tool_choice.allowed_tools.mode"), tuple(tool for tool in tools if tool.name in names)
        case wire.ToolChoice(function=wire.Named(name=name)):
            return ToolChoice("tool", name), tools
        case wire.ToolChoice(type="function" | "allowed_tools" as missing):
            raise invalid(f"Object missing required field `{missing}`", "tool_choice")
        case choice:
            beyond.append(f"tool_choice.{choice.type}")
    match read.function_call:
        case None:
            return None, tools
        case str(mode):
            return _mode(mode, "function_call"), tools
        case named:
            return ToolChoice("tool", named.name), tools


def _mode(mode: str, field: str) -> ToolChoice:
    match mode:
        case "auto" | "none" | "required":
            return ToolChoice(mode)
        case "any":  # Mistral's word
            return ToolChoice("required")
    raise invalid(f"Expected `auto`, `none` or `required`, got {mode!r}", field)


def _format(said: wire.ResponseFormat | None, beyond: list[str]) -> Format | None:
    if said is None or said.type == "text":
        return None
    if said.type == "json_object":
        return Format()
    if said.type != "json_schema":
        beyond.append(f"response_format.{said.type}")
        return None
    schema = said.json_schema
    if schema is None:
        raise invalid("Object missing required field `json_schema`", "response_format")
    return Format(given(schema.schema), schema.name, schema.description or "", schema.strict)


def _thinking(read: wire.Body) -> Thinking | None:
    """By OpenAI's word, by Anthropic's object, or by both."""
    effort, thinking = read.reasoning_effort or "", read.thinking
    if effort == "none" or (thinking is not None and thinking.type == "disabled"):
        return Thinking(off=True)
    if thinking is not None:
        return Thinking(effort, thinking.budget_tokens)
    return Thinking(effort) if effort else None
