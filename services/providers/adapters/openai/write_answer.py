"""A Reply as OpenAI's callers are answered: a `chat.completion`."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from services.providers.adapters.openai.citations import write_citations
from services.providers.adapters.openai.finish import write_finish
from services.providers.adapters.openai.said import write_call, write_made
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Media, Part, Reasoning, Refusal, Text, ToolCall
from services.providers.domain.reply import Choice, Reply

encode = msgspec.json.Encoder().encode


def write_answer(reply: Reply, *, functions: bool, now: Callable[[], datetime], fresh: Callable[[], str]) -> bytes:
    """See CallerGrammar. `functions`: see Conversation. `fresh`: what tells it from all others, where it has no id."""
    answer: dict[str, object] = {
        "id": reply.id or f"chatcmpl-{fresh()}",
        "object": "chat.completion",
        "created": reply.created or int(now().timestamp()),
        "model": reply.model,
        "choices": [_choice(index, choice, functions=functions) for index, choice in enumerate(reply.choices)],
    }
    if reply.usage is not None:
        answer["usage"] = write_usage(reply.usage)
    return encode(answer)


def write_usage(usage: Usage) -> dict[str, object]:
    """Token counts."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def write_thought(thought: Reasoning) -> dict[str, str]:
    """One of LiteLLM's `thinking_blocks`."""
    if thought.redacted:
        return {"type": "redacted_thinking", "data": thought.redacted}
    return {"type": "thinking", "thinking": thought.text, "signature": thought.signature}


def _choice(index: int, choice: Choice, *, functions: bool) -> dict[str, object]:
    message = _message(choice.parts)
    if functions and "tool_calls" in message:
        # There is room for one; what is called beside it is told as it would be to others.
        message["function_call"] = message["tool_calls"].pop(0)["function"]
        if not message["tool_calls"]:
            del message["tool_calls"]
    return {
        "index": index,
        "message": message,
        "logprobs": choice.logprobs or None,
        **write_finish(choice.finish, functions=functions),
    }


def _extend(lists: dict[str, list[Any]], more: dict[str, list[Any]]) -> None:
    for name, values in more.items():
        lists.setdefault(name, []).extend(values)


def _message(parts: Iterable[Part]) -> dict[str, Any]:
    texts, refusals, thoughts, calls = list[str](), list[str](), list[Reasoning](), list[dict[str, object]]()
    lists: dict[str, list[Any]] = {}
    length = 0
    for part in parts:
        match part:
            case Text(text=text):
                texts.append(text)
                _extend(lists, write_citations(part.citations, length, length + len(text)))
                length += len(text)
            case Refusal(text=text):
                refusals.append(text)
            case Reasoning():
                thoughts.append(part)
            case Media():
                _extend(lists, write_made(part))
            case ToolCall():
                calls.append(write_call(part.id, part.name, part.arguments, part.signature))
            case _:  # a model gives no results of tools
                pass
    content, refusal = "".join(texts), "".join(refusals) or None
    message: dict[str, Any] = {
        "role": "assistant",
        "content": content or (None if calls or refusal else ""),
        "refusal": refusal,
        **lists,
    }
    if calls:
        message["tool_calls"] = calls
    if reasoning := "".join(thought.text for thought in thoughts):
        message["reasoning_content"] = reasoning
    if any(thought.signature or thought.redacted for thought in thoughts):
        message["thinking_blocks"] = [write_thought(thought) for thought in thoughts]
    return message
