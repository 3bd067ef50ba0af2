"""How Cohere is asked, as a VendorGrammar.

Source: docs.cohere.com/v2/reference/chat and cohere-ai/cohere-python `v2/raw_client.py` (what a request may hold, and
the ranges of its numbers).
"""

import msgspec

from services.providers.adapters.cohere.documents import take
from services.providers.adapters.cohere.messages import write_messages
from services.providers.adapters.cohere.replies import ReplyReader, read_reply
from services.providers.adapters.cohere.requests import PATH, continuation
from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import Conversation, Format, Thinking, Tool
from services.providers.domain.losses import Losses
from services.providers.domain.reply import Reply

Fields = dict[str, object]

STOPS = 5
"""Sequences to stop at, at most."""
RANGES = {"p": (0.01, 0.99), "frequency_penalty": (0.0, 1.0), "presence_penalty": (0.0, 1.0), "k": (0, 500)}
"""What is beyond these is refused."""
_CALLERS = {"p": "top_p", "k": "top_k"}
"""What callers call them."""

_encode = msgspec.json.Encoder().encode
_NOTHING = {"type": "object", "properties": {}}


class CohereGrammar:
    """See VendorGrammar."""

    def write_request(
        self, conversation: Conversation, model: str, *, stream: bool, prefix: str, losses: Losses
    ) -> VendorRequest:
        """See VendorGrammar."""
        turns, documents, cited = take(conversation.turns, losses)
        messages = write_messages(turns, losses)
        if prefix:
            messages += [{**message} for message in continuation(prefix)]
        fields: Fields = {"model": model, "messages": messages, "stream": stream}
        if documents:
            fields["documents"] = documents
            if not cited:
                fields["citation_options"] = {"mode": "OFF"}
        if conversation.tools:
            _add_tools(fields, conversation, losses)
        _add_settings(fields, conversation, losses)
        _tell_losses(conversation, losses)
        return VendorRequest(PATH, _encode(fields))

    def read_answer(self, body: bytes) -> Reply:
        """See VendorGrammar."""
        return read_reply(body)

    def reader(self) -> ReplyReader:
        """See VendorGrammar."""
        return ReplyReader()


def _add_tools(fields: Fields, conversation: Conversation, losses: Losses) -> None:
    """Where one tool must be called, it is the only one that there is."""
    choice, tools = conversation.tool_choice, conversation.tools
    if choice is not None and choice.mode == "tool":
        tools = tuple(tool for tool in tools if tool.name == choice.name) or tools
    fields["tools"] = [_tool(tool, losses) for tool in tools]
    if any(tool.strict for tool in tools):
        fields["strict_tools"] = True
    if choice is not None and choice.mode != "auto":
        fields["tool_choice"] = "NONE" if choice.mode == "none" else "REQUIRED"
    if conversation.parallel_tools is False:
        losses.hint("parallel_tool_calls")


def _tool(tool: Tool, losses: Losses) -> Fields:
    if tool.cache:
        losses.hint("cache_control")
    function: Fields = {"name": tool.name, "parameters": tool.parameters or _NOTHING}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _add_settings(fields: Fields, asks: Conversation, losses: Losses) -> None:
    said = {
        "max_tokens": asks.max_tokens,
        "temperature": asks.temperature,
        "p": asks.top_p,
        "k": asks.top_k,
        "seed": asks.seed,
        "frequency_penalty": asks.frequency_penalty,
        "presence_penalty": asks.presence_penalty,
        "stop_sequences": asks.stop[:STOPS] or None,
    }
    fields.update((name, value) for name, value in said.items() if value is not None)
    for name in RANGES.keys() & fields.keys():
        _hold(fields, name, losses)
    if asks.format is not None:
        fields["response_format"] = _format(asks.format, losses)
    if asks.thinking is not None:
        fields["thinking"] = _thinking(asks.thinking, losses)


def _hold(fields: Fields, name: str, losses: Losses) -> None:
    """Keep a number in its range."""
    value, (least, most) = fields[name], RANGES[name]
    if isinstance(value, int | float) and not least <= value <= most:
        losses.hint(_CALLERS.get(name, name))
        fields[name] = min(max(value, least), most)


def _format(wanted: Format, losses: Losses) -> Fields:
    """The name of a schema is for people only."""
    if wanted.description:
        losses.hint("response_format.json_schema.description")
    written: Fields = {"type": "json_object"}
    return {**written, "json_schema": wanted.schema} if wanted.schema else written


def _thinking(thinking: Thinking, losses: Losses) -> Fields:
    if thinking.off:
        return {"type": "disabled"}
    if thinking.effort:
        losses.hint("reasoning_effort")
    return {"type": "enabled"} | ({"token_budget": thinking.budget} if thinking.budget else {})


def _tell_losses(asks: Conversation, losses: Losses) -> None:
    """What there is nothing for."""
    if asks.choices > 1:
        losses.meaning("n")
    if asks.logprobs:
        losses.meaning("logprobs")  # Cohere tells the numbers of tokens, not their texts
    if len(asks.stop) > STOPS:
        losses.meaning("stop")
    if asks.user:
        losses.hint("user")
