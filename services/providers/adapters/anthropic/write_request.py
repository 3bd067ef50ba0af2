"""A Conversation, written as a request to Anthropic."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.providers.adapters.anthropic.models import Traits, traits_of
from services.providers.adapters.anthropic.requests import PATH, continuation
from services.providers.adapters.anthropic.versions import SPOKEN
from services.providers.adapters.anthropic.write_blocks import Written, marked
from services.providers.adapters.anthropic.write_messages import write_messages
from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import Conversation, Format, Thinking, Tool
from services.providers.domain.losses import Losses
from services.providers.domain.seam import left_out

_encode = msgspec.json.Encoder().encode
_ANYTHING = msgspec.Raw(b'{"type":"object","properties":{}}')

BUDGETS = {"minimal": 1_024, "low": 1_024, "medium": 4_096, "high": 16_384, "xhigh": 32_768, "max": 32_768}
"""Tokens to think with, for models that have no word for it. 1,024 is the least that Anthropic takes."""
ANSWER = 4_096
"""Tokens to answer with, beside a budget to think with, where the caller names no limit."""
EFFORTS = {"minimal": "low"}
"""Words for an effort that Anthropic has another one for."""
FORCED = frozenset({"required", "tool"})


def write_request(
    conversation: Conversation, model: str, *, stream: bool, prefix: str, losses: Losses
) -> VendorRequest:
    """See VendorGrammar."""
    traits = traits_of(model)
    _unsayable(conversation, losses)
    body: dict[str, Any] = {"model": model, "max_tokens": conversation.max_tokens}
    if body["max_tokens"] is None:
        body["max_tokens"] = traits.output
    if stream:
        body["stream"] = True
    add_thinking(body, conversation, traits, losses)
    system, messages = write_messages(conversation.turns, traits, losses)
    if prefix:
        messages += continuation(prefix, prefill=traits.prefill and "thinking" not in body)
    if system:
        body["system"] = system
    body["messages"] = messages
    _add_tools(body, conversation, traits, losses)
    _add_format(body, conversation.format, losses)
    add_sampling(body, conversation, traits, losses)
    _add_stop(body, conversation.stop, losses)
    if conversation.user:
        body["metadata"] = {"user_id": conversation.user}
    return VendorRequest(PATH, _encode(body), headers=SPOKEN, seam=left_out(prefix))


def _unsayable(conversation: Conversation, losses: Losses) -> None:
    """What Anthropic has no words for. More answers than one, and how likely each token was, are what was asked for."""
    if conversation.choices > 1:
        losses.meaning("n")
    if conversation.logprobs:
        losses.meaning("logprobs")
    if conversation.seed is not None:
        losses.hint("seed")
    if conversation.frequency_penalty:
        losses.hint("frequency_penalty")
    if conversation.presence_penalty:
        losses.hint("presence_penalty")


def add_thinking(body: Written, conversation: Conversation, traits: Traits, losses: Losses) -> None:
    """How much to think; before Claude 4.6 in tokens, and since Claude 4.7 by a word alone."""
    thinking = conversation.thinking
    if thinking is None:
        return
    effort = EFFORTS.get(thinking.effort, thinking.effort)
    if effort and traits.effort:
        body["output_config"] = {"effort": effort}
    if thinking.off:
        if traits.always_thinks:
            losses.hint("thinking")
        else:
            body["thinking"] = {"type": "disabled"}
    elif conversation.tools and conversation.tool_choice is not None and conversation.tool_choice.mode in FORCED:
        losses.hint("thinking")  # Anthropic's models do not think before a tool that is forced on them
    elif thinking.budget is not None and traits.budgets:
        body["thinking"] = {"type": "enabled", "budget_tokens": thinking.budget}
        if conversation.max_tokens is None:
            body["max_tokens"] = max(traits.output, thinking.budget + ANSWER)
    elif traits.adaptive:
        if thinking.budget is not None:
            losses.hint("thinking.budget_tokens")
        body["thinking"] = {"type": "adaptive"}
    else:
        _add_budget(body, thinking, traits, losses)


def _add_budget(body: Written, thinking: Thinking, traits: Traits, losses: Losses) -> None:
    """A budget for a word; it must leave tokens to answer with."""
    budget = BUDGETS.get(thinking.effort or "medium", BUDGETS["medium"])
    if not traits.budgets or body["max_tokens"] <= BUDGETS["low"]:
        losses.hint("thinking")
        return
    body["thinking"] = {"type": "enabled", "budget_tokens": max(BUDGETS["low"], min(budget, body["max_tokens"] // 2))}


def _add_tools(body: Written, conversation: Conversation, traits: Traits, losses: Losses) -> None:
    if not conversation.tools:
        return
    body["tools"] = [_tool(tool) for tool in conversation.tools]
    choice = conversation.tool_choice
    if choice is not None and choice.mode in FORCED and traits.always_thinks:
        losses.meaning("tool_choice")
        choice = None
    said = _CHOICES[choice.mode] if choice is not None else "auto"
    written: Written = {"type": said}
    if choice is not None and choice.mode == "tool":
        written["name"] = choice.name
    if conversation.parallel_tools is False and said != "none":
        written["disable_parallel_tool_use"] = True
    if choice is not None or len(written) > 1:
        body["tool_choice"] = written


def _tool(tool: Tool) -> Written:
    written: Written = {"name": tool.name, "input_schema": tool.parameters or _ANYTHING}
    if tool.description:
        written["description"] = tool.description
    if tool.strict is not None:
        written["strict"] = tool.strict
    return marked(written, tool.cache)


def _add_format(body: Written, wanted: Format | None, losses: Losses) -> None:
    """A schema. That any JSON will do is only a hint: OpenAI has the prompt ask for it as well, or refuses."""
    if wanted is None:
        return
    if not wanted.schema:
        losses.hint("response_format")
        return
    if wanted.description:
        losses.hint("response_format.json_schema.description")
    written = {"type": "json_schema", "schema": wanted.schema}
    body["output_config"] = body.get("output_config", {}) | {"format": written}


def add_sampling(body: Written, conversation: Conversation, traits: Traits, losses: Losses) -> None:
    """Where the model takes it: a temperature up to 1, either that or `top_p`, and none of it beside thinking."""
    takes = traits.sampling and body.get("thinking", _OFF) == _OFF
    temperature = conversation.temperature
    if temperature is not None:
        if takes and temperature <= 1:
            body["temperature"] = temperature
        elif temperature != 1:
            losses.hint("temperature")
    if conversation.top_p is not None:
        if takes and "temperature" not in body:
            body["top_p"] = conversation.top_p
        elif conversation.top_p != 1:
            losses.hint("top_p")
    if conversation.top_k is not None:
        if takes:
            body["top_k"] = conversation.top_k
        else:
            losses.hint("top_k")


def _add_stop(body: Written, stop: Sequence[str], losses: Losses) -> None:
    """Where to stop; Anthropic refuses white space alone."""
    taken = [sequence for sequence in stop if sequence.strip()]
    if len(taken) < len(stop):
        losses.meaning("stop")
    if taken:
        body["stop_sequences"] = taken


_CHOICES: dict[str, str] = {"auto": "auto", "none": "none", "required": "any", "tool": "tool"}
_OFF = {"type": "disabled"}
