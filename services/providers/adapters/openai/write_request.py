"""A Conversation as a chat request for OpenAI, or for a vendor compatible with it."""

import msgspec

from services.providers.adapters.openai.means import PATH, Means
from services.providers.adapters.openai.requests import begun
from services.providers.adapters.openai.words import reword
from services.providers.adapters.openai.write_messages import MessagesWriter
from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import Conversation, Format, Thinking, Tool, ToolChoice
from services.providers.domain.losses import Losses

_encode = msgspec.json.Encoder().encode

Fields = dict[str, object]

_BUDGETS = ((4096, "high"), (2048, "medium"))
"""Tokens of thought from which on a word means as much; LiteLLM's (`constants.py`, reasoning effort)."""


def write_request(
    conversation: Conversation, model: str, *, stream: bool, prefix: str, means: Means, losses: Losses
) -> VendorRequest:
    """See VendorGrammar. Schemas are copied as they stand; usage of a stream is always asked for."""
    messages = MessagesWriter(means, losses)
    messages.write(conversation.turns)
    if prefix:
        messages.messages.append({**begun(prefix)})
    fields: Fields = {"model": model, "messages": messages.messages}
    _add_tools(fields, conversation, means, losses)
    _add_settings(fields, conversation, means, losses)
    path = _go_on(fields, messages.messages[-1], means) if messages.messages else PATH
    if stream:
        fields["stream"] = True
        if means.usage_asked:
            fields["stream_options"] = {"include_usage": True}
    if means.words:
        reword(fields, means.words, losses)
    fields.update((name, value) for name, value in conversation.extra.items() if name in means.own)
    hidden = stream and not conversation.usage_wanted
    return VendorRequest(path, _encode(fields), conversation.choices, hidden)


def _go_on(fields: Fields, last: Fields, means: Means) -> str:
    """Ask to go on with an answer that is begun, be it by the vendor before or by the caller; where to send it."""
    if last["role"] != "assistant" or "tool_calls" in last:
        return PATH
    last.update(means.begun.message)
    fields.update(means.begun.request)
    return means.begun.path


def _add_tools(fields: Fields, conversation: Conversation, means: Means, losses: Losses) -> None:
    if conversation.tools:
        fields["tools"] = [_tool(tool, means, losses) for tool in conversation.tools]
    if conversation.tool_choice is not None:
        fields["tool_choice"] = _choice(conversation.tool_choice)
    if conversation.parallel_tools is not None:
        fields["parallel_tool_calls"] = conversation.parallel_tools


def _add_settings(fields: Fields, conversation: Conversation, means: Means, losses: Losses) -> None:
    said = {
        means.max_tokens: conversation.max_tokens,
        "temperature": conversation.temperature,
        "top_p": conversation.top_p,
        "seed": conversation.seed,
        "frequency_penalty": conversation.frequency_penalty,
        "presence_penalty": conversation.presence_penalty,
        "top_logprobs": conversation.top_logprobs,
        "stop": conversation.stop or None,
        "user": conversation.user or None,
        "n": conversation.choices if conversation.choices > 1 else None,
        "logprobs": conversation.logprobs or None,
    }
    fields.update((name, value) for name, value in said.items() if value is not None)
    if conversation.format is not None:
        fields["response_format"] = _format(conversation.format)
    if conversation.thinking is not None:
        _add_thinking(fields, conversation.thinking, means, losses)
    if conversation.top_k is not None:
        if means.top_k:
            fields["top_k"] = conversation.top_k
        else:
            losses.hint("top_k")


def _add_thinking(fields: Fields, thinking: Thinking, means: Means, losses: Losses) -> None:
    if thinking.off and means.thinking:
        fields["thinking"] = {"type": "disabled"}
    elif effort := _effort(thinking, losses):
        fields["reasoning_effort"] = effort


def _tool(tool: Tool, means: Means, losses: Losses) -> Fields:
    if tool.cache:
        losses.hint("cache_control")
    function: Fields = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.parameters or means.parameters:
        function["parameters"] = tool.parameters or {"type": "object", "properties": {}}
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _choice(choice: ToolChoice) -> str | Fields:
    return choice.mode if choice.mode != "tool" else {"type": "function", "function": {"name": choice.name}}


def _format(wanted: Format) -> Fields:
    """A schema must have a name."""
    if not wanted.schema:
        return {"type": "json_object"}
    schema: Fields = {"name": wanted.name or "answer", "schema": wanted.schema}
    if wanted.description:
        schema["description"] = wanted.description
    if wanted.strict is not None:
        schema["strict"] = wanted.strict
    return {"type": "json_schema", "json_schema": schema}


def _effort(thinking: Thinking, losses: Losses) -> str:
    """The word for it; the nearest one for a number of tokens, which is told."""
    if thinking.off:
        return "none"
    if thinking.effort or thinking.budget is None:
        return thinking.effort
    losses.hint("thinking.budget_tokens")
    return next((word for tokens, word in _BUDGETS if thinking.budget >= tokens), "low")
