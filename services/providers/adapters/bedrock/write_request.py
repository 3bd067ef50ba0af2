"""A Conversation, written as a request to Bedrock's Converse."""

from collections.abc import Mapping, Sequence

import msgspec

from services.providers.adapters.anthropic.models import Traits
from services.providers.adapters.anthropic.write_request import FORCED, add_sampling, add_thinking
from services.providers.adapters.bedrock.blocks import Blocks, Written
from services.providers.adapters.bedrock.messages import write_messages
from services.providers.adapters.bedrock.models import Effort, Family, family_of
from services.providers.adapters.bedrock.requests import continuation, path_of
from services.providers.adapters.caller_body import invalid
from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import (
    Conversation,
    Format,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    Turn,
)
from services.providers.domain.losses import Losses
from services.providers.domain.seam import left_out

CONFIG = "inferenceConfig"
ADDITIONAL, ASKED_BACK = "additionalModelRequestFields", "additionalModelResponseFieldPaths"
OWN = frozenset(
    {
        ADDITIONAL,
        ASKED_BACK,
        "guardrailConfig",
        "performanceConfig",
        "promptVariables",
        "requestMetadata",
        "serviceTier",
    }
)
"""Fields of Converse that pass as callers of other dialects write them."""

_STOP_SEQUENCE = "/stop_sequence"
_OF_CLAUDE = (
    ("temperature", CONFIG, "temperature"),
    ("top_p", CONFIG, "topP"),
    ("top_k", ADDITIONAL, "top_k"),
    ("thinking", ADDITIONAL, "thinking"),
)
"""Anthropic's fields, where they are and what they are called here."""
_encode = msgspec.json.Encoder().encode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANYTHING = msgspec.Raw(b'{"type":"object","properties":{}}')


def write_request(
    conversation: Conversation, model: str, *, stream: bool, prefix: str, losses: Losses
) -> VendorRequest:
    """See VendorGrammar."""
    family = family_of(model)
    _unsayable(conversation, losses)
    begun = [Turn(Role(role), (Text(text),)) for role, text in continuation(prefix, model)] if prefix else []
    blocks = Blocks(family, losses)
    system, messages = write_messages((*conversation.turns, *begun), blocks, losses)
    body: Written = {"messages": messages}
    if system:
        body["system"] = system
    body |= {CONFIG: {}, ADDITIONAL: {}}
    _add_inference(body, conversation, family, losses)
    _add_tools(body, conversation, family, blocks, losses)
    if conversation.format is not None:
        _add_format(body, conversation.format, losses)
    _add_own(body, conversation.extra)
    return VendorRequest(path_of(model, stream=stream), _encode(body), seam=left_out(prefix))


def _unsayable(conversation: Conversation, losses: Losses) -> None:
    """What Bedrock has no words for. More answers than one, and how likely each token was, are what was asked for."""
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
    if conversation.user:
        losses.hint("user")
    if conversation.parallel_tools is False and conversation.tools:
        losses.hint("parallel_tool_calls")


def _add_inference(body: Written, asks: Conversation, family: Family, losses: Losses) -> None:
    """How to answer: what all models are told, and what only this one is."""
    if asks.max_tokens is not None:
        body[CONFIG]["maxTokens"] = asks.max_tokens
    if family.claude is not None:
        _ask_claude(body, asks, family.claude, losses)
    else:
        _ask_other(body, asks, family, losses)
    if asks.stop:
        _add_stop(body, asks.stop, family, losses)


def _add_stop(body: Written, stop: Sequence[str], family: Family, losses: Losses) -> None:
    """Where to stop. Claude refuses white space alone; it tells which one it met, where that is asked for."""
    taken = [sequence for sequence in stop if (sequence if family.claude is None else sequence.strip())]
    if len(taken) < len(stop):
        losses.meaning("stop")
    if taken:
        body[CONFIG]["stopSequences"] = taken
        if family.claude is not None:
            body[ASKED_BACK] = (_STOP_SEQUENCE,)


def _ask_claude(body: Written, asks: Conversation, traits: Traits, losses: Losses) -> None:
    """As at Anthropic. Where no limit is named Bedrock's is the model's, which leaves room to think."""
    said: Written = {"max_tokens": traits.output if asks.max_tokens is None else asks.max_tokens}
    add_thinking(said, asks, traits, losses)
    add_sampling(said, asks, traits, losses)
    for name, place, wanted in _OF_CLAUDE:
        if name in said:
            body[place][wanted] = said[name]
    if "output_config" in said:
        body["outputConfig"] = said["output_config"]


def _ask_other(body: Written, asks: Conversation, family: Family, losses: Losses) -> None:
    """Temperatures are between 0 and 1."""
    if asks.temperature is not None:
        if asks.temperature <= 1:
            body[CONFIG]["temperature"] = asks.temperature
        else:
            losses.hint("temperature")
    if asks.top_p is not None:
        body[CONFIG]["topP"] = asks.top_p
    if asks.top_k is not None:
        if family.top_k:
            _put(body[ADDITIONAL], family.top_k, asks.top_k)
        else:
            losses.hint("top_k")
    if asks.thinking is not None:
        _think(body, asks.thinking, family.effort, losses)


def _think(body: Written, thinking: Thinking, effort: Effort | None, losses: Losses) -> None:
    if effort is None or thinking.off:
        # Those that can be told do not think unless they are, or cannot be told not to.
        if effort is None or not effort.beside:
            losses.hint("thinking")
        return
    if thinking.budget is not None:
        losses.hint("thinking.budget_tokens")
    word = effort.words.get(thinking.effort or "medium", "medium")
    alone, instead = effort.alone
    if word == alone and body[CONFIG]:
        losses.hint("thinking")
        word = instead
    _put(body[ADDITIONAL], effort.path, word)
    if effort.beside:
        body[ADDITIONAL][effort.path[0]].update(effort.beside)


def _put(own: Written, path: Sequence[str], value: object) -> None:
    *outer, name = path
    for step in outer:
        own = own.setdefault(step, {})
    own[name] = value


def _add_tools(body: Written, asks: Conversation, family: Family, blocks: Blocks, losses: Losses) -> None:
    """The tools. Where there are calls or results, Bedrock wants those that were called told too.

    Source: what it answers where they are not, "The toolConfig field must be defined when using toolUse and toolResult
    content blocks" (aws-samples/bedrock-access-gateway pull 239).
    """
    choice, tools = asks.tool_choice, asks.tools
    forbidden = choice is not None and choice.mode == "none"
    if forbidden or not tools:
        called = dict.fromkeys(part.name for turn in asks.turns for part in turn.parts if isinstance(part, ToolCall))
        if not called:
            return  # what is not told of is not called
        if forbidden:
            losses.meaning("tool_choice")
        if not tools:
            losses.hint("tools")
            tools = tuple(map(Tool, called))
    written: list[Written] = []
    for tool in tools:
        written.append({"toolSpec": _spec(tool)})
        written += blocks.cached(tool.cache, tool=True)
    body["toolConfig"] = {"tools": written}
    if choice is not None and choice.mode in FORCED:
        _force(body, choice, family, losses)


def _force(body: Written, choice: ToolChoice, family: Family, losses: Losses) -> None:
    """Which tool must be called. That the model decides is usual, and not every model lets itself be told so."""
    if family.claude is not None and family.claude.always_thinks:
        losses.meaning("tool_choice")
    else:
        body["toolConfig"]["toolChoice"] = {"tool": {"name": choice.name}} if choice.mode == "tool" else {"any": {}}


def _spec(tool: Tool) -> Written:
    written: Written = {"name": tool.name, "inputSchema": {"json": tool.parameters or _ANYTHING}}
    if tool.description:
        written["description"] = tool.description
    if tool.strict is not None:
        written["strict"] = tool.strict
    return written


def _add_format(body: Written, wanted: Format, losses: Losses) -> None:
    """A schema, as a string. That any JSON will do is only a hint: OpenAI has the prompt ask for it as well."""
    if not wanted.schema:
        losses.hint("response_format")
        return
    schema: Written = {"schema": str(bytes(wanted.schema), "utf-8")}
    if wanted.name:
        schema["name"] = wanted.name
    if wanted.description:
        schema["description"] = wanted.description
    form = {"type": "json_schema", "structure": {"jsonSchema": schema}}
    body["outputConfig"] = body.get("outputConfig", {}) | {"textFormat": form}


def _add_own(body: Written, extra: Mapping[str, msgspec.Raw]) -> None:
    """What the caller wrote in Bedrock's own words, which come before ours. Raises Failure(INVALID_REQUEST)."""
    for name in OWN & extra.keys():
        if name == ADDITIONAL:
            try:
                body[ADDITIONAL] |= _fields.decode(extra[name])
            except msgspec.DecodeError:
                raise invalid("Expected `object`", ADDITIONAL) from None
        else:
            body[name] = extra[name]
    for name in (CONFIG, ADDITIONAL):
        if not body[name]:
            del body[name]
