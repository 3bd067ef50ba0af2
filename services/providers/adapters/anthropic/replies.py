"""Anthropic's whole answers, read as a Reply and written from one."""

from collections.abc import Iterator
from typing import Any

import msgspec

from services.providers.adapters.anthropic.answers import STOP_REASONS, finish_of, read_answered
from services.providers.adapters.anthropic.citations import write_citation
from services.providers.adapters.anthropic.read_blocks import Beyond, read_block
from services.providers.adapters.anthropic.write_blocks import Written, tool_id, tool_input
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Part, Reasoning, Refusal, Text, ToolCall
from services.providers.domain.reply import CONTENT_FILTER, LENGTH, STOP, TOOL_CALLS, Choice, Finish, Reply

_encode = msgspec.json.Encoder().encode

SAID: dict[str, str] = {STOP: "end_turn", LENGTH: "max_tokens", TOOL_CALLS: "tool_use", CONTENT_FILTER: "refusal"}
"""Our finish reasons in Anthropic's words."""


def read_reply(body: bytes) -> Reply:
    """A whole answer. Blocks of server tools, which nobody who is translated can ask for, are left out."""
    said = read_answered(body)
    beyond = Beyond()
    parts: list[Part] = [part for block in said.content or () if (part := read_block(block, beyond)) is not None]
    finish = read_finish(said.stop_reason or "", said.stop_sequence)
    if said.stop_details is not None and said.stop_details.explanation:
        parts.append(Refusal(said.stop_details.explanation))
    usage = said.usage.usage() if said.usage is not None else None
    return Reply(said.id, said.model, (Choice(tuple(parts), finish),), usage)


def read_finish(stop_reason: str, stop_sequence: str | None) -> Finish:
    """Why it ended; `said` keeps the words that are lost in ours."""
    reason = finish_of(stop_reason)
    lost = SAID[reason] != stop_reason and stop_reason != "stop_sequence"
    return Finish(reason, stop_sequence or "", stop_reason if lost else "")


def write_reply(reply: Reply, new_id: str) -> bytes:
    """The body of a whole answer; it has one choice, and `new_id` where the vendor gave it none."""
    choice = reply.choices[0]
    message = message_of(reply.id or new_id, reply.model, reply.usage)
    message["content"] = [block for part in choice.parts for block in _blocks(part)]
    refusal = "".join(part.text for part in choice.parts if isinstance(part, Refusal))
    return _encode(message | stop_of(choice.finish, refusal))


def message_of(message_id: str, model: str, usage: Usage | None) -> Written:
    """A message that has no content yet."""
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage_of(usage),
    }


def stop_of(finish: Finish, refusal: str) -> Written:
    """The fields that say why it stopped. Words of refusal explain it; Anthropic has them beside the content."""
    if refusal:
        details = {"type": "refusal", "category": None, "explanation": refusal}
        return {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
    if finish.said in STOP_REASONS:
        return {"stop_reason": finish.said, "stop_sequence": None}
    if finish.stopped_by and finish.reason == STOP:
        return {"stop_reason": "stop_sequence", "stop_sequence": finish.stopped_by}
    return {"stop_reason": SAID.get(finish.reason, "end_turn"), "stop_sequence": None}


def usage_of(usage: Usage | None) -> dict[str, Any]:
    """Token counts; nothing is known where there are none yet, and Anthropic's SDKs want numbers."""
    usage = usage or _UNKNOWN
    counts: dict[str, Any] = {
        "input_tokens": max(usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens, 0),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_input_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.reasoning_tokens:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return counts


def thought(part: Reasoning) -> Written:
    """A block of thinking, or of what is kept secret of it."""
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.redacted}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _blocks(part: Part) -> Iterator[Written]:
    match part:
        case Text():
            yield from _text(part.text, [write_citation(citation) for citation in part.citations])
        case ToolCall():
            if part.signature:  # a call has no place for it here
                yield thought(Reasoning(signature=part.signature))
            yield {"type": "tool_use", "id": tool_id(part.id), "name": part.name, "input": tool_input(part.arguments)}
        case Reasoning():
            yield thought(part)


def _text(text: str, citations: list[Written]) -> Iterator[Written]:
    if citations:
        yield {"type": "text", "text": text, "citations": citations}
    elif text:
        yield {"type": "text", "text": text}


_UNKNOWN = Usage()
