"""What a simulated vendor says, and how it counts tokens: a function of the request, so that tests can foretell it.

One token of an answer is one word with the space before it. The first token is `vendor/model`, the second ` heard:`,
and the rest are the words of the last user message, from the start again when they run out, then marked `-2`, `-3` ...

Only the first token tells vendors apart. So an answer that one vendor began can be ended by another: given a beginning
of n words, the answer goes on with its token n, and both parts together are what the first one would have said, where
both give answers of the same length. A last word that is the beginning of its token is completed.

An answer in JSON is `{"answer":"..."}` around the same tokens; a call of a function has that as its arguments.

A prompt counts 3 tokens, plus for every message 3 and one for each started 4 characters of its text. The beginning of
an answer is a message of the prompt like any other; what a vendor says after it, or again, is counted as its answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

TOKENS_PER_PROMPT = 3
TOKENS_PER_MESSAGE = 3
CHARACTERS_PER_TOKEN = 4
_TOKEN = re.compile(r"\s*\S+|\s+$")

FinishReason = Literal["stop", "length", "content_filter", "tool_calls"]
Prefill = Literal["continues", "repeats", "ignores", "refuses"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its tokens, whose concatenation is the text, and the size of the prompt it answers."""

    tokens: tuple[str, ...]
    finish_reason: FinishReason
    prompt_tokens: int
    function: str = ""
    """The function that is called with the text as its arguments; none where empty."""

    @property
    def text(self) -> str:
        """The answer's text."""
        return "".join(self.tokens)


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer depends on: `asked` is the last user message, `prefix` the beginning of an answer to it."""

    asked: str
    prompt_tokens: int = 0
    prefix: str = ""
    limit: int | None = None
    in_json: bool = False
    function: str = ""


def count_prompt_tokens(texts: Iterable[str]) -> int:
    """Count the tokens of a prompt, given the text of each of its messages."""
    total = TOKENS_PER_PROMPT
    for text in texts:
        total += TOKENS_PER_MESSAGE - (-len(text) // CHARACTERS_PER_TOKEN)
    return total


def compose(vendor: str, model: str, question: Question, *, length: int, prefill: Prefill = "continues") -> Answer:
    """Answer in `length` tokens, those that the prefix has included, cut short at the question's limit."""
    prefix = "" if prefill == "ignores" else question.prefix
    again = _TOKEN.findall(prefix) if prefill == "repeats" else []
    already = len(prefix.split())
    # Said up to what fits only: a prompt may be a book and its answer a word.
    wanted = length if question.limit is None else min(length, already + question.limit)
    tokens = _tokens(f"{vendor}/{model}", question.asked, wanted)
    if question.in_json or question.function:
        tokens = _in_json(tokens, complete=wanted == length)
    tokens = again + _rest(tokens, prefix, already)
    finish_reason: FinishReason = "tool_calls" if question.function else "stop"
    if question.limit is not None and (wanted < length or len(tokens) > question.limit):
        tokens, finish_reason = tokens[: question.limit], "length"
    return Answer(tuple(tokens), finish_reason, question.prompt_tokens, question.function)


def _tokens(name: str, asked: str, count: int) -> list[str]:
    tokens = [name, " heard:"]
    words = asked.split(None, count)[:count] or ["nothing"]
    turn = 1
    while len(tokens) < count:
        mark = "" if turn == 1 else f"-{turn}"
        tokens += [f" {word}{mark}" for word in words[: count - len(tokens)]]
        turn += 1
    return tokens[:count]


def _in_json(tokens: list[str], *, complete: bool) -> list[str]:
    escaped = [json.dumps(token, ensure_ascii=False)[1:-1] for token in tokens]
    escaped[0] = '{"answer":"' + escaped[0]
    if complete:
        escaped[-1] += '"}'
    return escaped


def _rest(tokens: list[str], prefix: str, already: int) -> list[str]:
    rest = tokens[already:]
    if not already:
        return rest
    if prefix[-1].isspace():
        return [token.lstrip() if at == 0 else token for at, token in enumerate(rest)]
    begun, token = prefix.rsplit(None, 1)[-1], tokens[already - 1].lstrip() if already <= len(tokens) else ""
    if token.startswith(begun) and token != begun:
        return [token.removeprefix(begun), *rest]
    return rest
