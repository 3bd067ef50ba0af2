"""Chats of 2 KB and of 100,000 tokens, as callers of each dialect write them."""

import json
from typing import Any

from services.providers.domain.dialect import CallerDialect

TURN = "The tide table of the harbour says when the water is high, and by how much it differs from the day before. "
SYSTEM = "You are the harbour master's assistant. Answer in the language that you are asked in, and never guess."
SCHEMA = {
    "type": "object",
    "properties": {"harbour": {"type": "string"}, "day": {"type": "string", "format": "date"}},
    "required": ["harbour"],
}
TURNS = 3
"""Of the user and of the assistant each: with system prompt and tool a chat of 2 KB."""
WORDS = "seawall " * 100_000
"""About a token each."""


def chat(caller: CallerDialect, *, stream: bool) -> bytes:
    """A chat of 2 KB with a system prompt, some turns and a tool."""
    turns: list[dict[str, Any]] = []
    for turn in range(TURNS):
        turns += [
            {"role": "user", "content": f"{TURN * 3}What of day {turn}?"},
            {"role": "assistant", "content": f"{TURN}That is day {turn}."},
        ]
    return _body(caller, [*turns, {"role": "user", "content": "And today?"}], stream=stream)


def long_chat(caller: CallerDialect) -> bytes:
    """One whose only turn has 100,000 tokens."""
    return _body(caller, [{"role": "user", "content": WORDS}], stream=False)


def _body(caller: CallerDialect, turns: list[dict[str, Any]], *, stream: bool) -> bytes:
    body: dict[str, Any] = {"model": "chat", "temperature": 0.2, "stream": stream}
    described = {"name": "tide", "description": "Look the tide up."}
    match caller:
        case CallerDialect.OPENAI_CHAT:
            tool = {"type": "function", "function": {**described, "parameters": SCHEMA}}
            body |= {"messages": [{"role": "system", "content": SYSTEM}, *turns], "tools": [tool], "max_tokens": 500}
        case CallerDialect.ANTHROPIC_MESSAGES:
            tool = {**described, "input_schema": SCHEMA}
            body |= {"messages": turns, "system": SYSTEM, "tools": [tool], "max_tokens": 500}
        case CallerDialect.OPENAI_RESPONSES:
            tool = {"type": "function", **described, "parameters": SCHEMA}
            body |= {"input": turns, "instructions": SYSTEM, "tools": [tool], "max_output_tokens": 500}
        case _:
            raise ValueError(f"{caller} is no chat")
    return json.dumps(body).encode()
