"""What a simulated vendor says, and how it counts tokens: a function of the request, so that tests can foretell it.

One token of an answer is one word with the space before it. The first token is `vendor/model`, the second ` heard:`,
and the rest are the words of the last user message, from the start again when they run out, then marked `-2`, `-3` ...

A prompt counts 3 tokens, plus for every message 3 and one for each started 4 characters of its text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

TOKENS_PER_PROMPT = 3
TOKENS_PER_MESSAGE = 3
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its tokens, whose concatenation is the text, and the size of the prompt it answers."""

    tokens: tuple[str, ...]
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int

    @property
    def text(self) -> str:
        """The answer's text."""
        return "".join(self.tokens)


def count_prompt_tokens(texts: Iterable[str]) -> int:
    """Count the tokens of a prompt, given the text of each of its messages."""
    total = TOKENS_PER_PROMPT
    for text in texts:
        total += TOKENS_PER_MESSAGE - (-len(text) // CHARACTERS_PER_TOKEN)
    return total


def compose(vendor: str, model: str, asked: str, *, length: int, limit: int | None, prompt_tokens: int) -> Answer:
    """Answer `asked`, the last user message, in `length` tokens, cut short at `limit`."""
    finish_reason: Literal["stop", "length"] = "stop"
    if limit is not None and limit < length:
        length, finish_reason = limit, "length"
    tokens = [f"{vendor}/{model}", " heard:"]
    # Splitting stops at what fits: a prompt may be a book and its answer a word.
    words = asked.split(None, length)[:length] or ["nothing"]
    turn = 1
    while len(tokens) < length:
        mark = "" if turn == 1 else f"-{turn}"
        tokens += [f" {word}{mark}" for word in words[: length - len(tokens)]]
        turn += 1
    return Answer(tuple(tokens[:length]), finish_reason, prompt_tokens)
