"""About how many tokens a prompt has at a target, before it is asked and where it does not tell.

How far off that is: docs/routing.md, printed by `python -m bench.estimate`.
"""

from operator import mul

from services.gateway.domain.chat import Chat
from services.gateway.domain.token_weights import Weights
from services.gateway.domain.usage import Usage

TOKENS_PER_MEDIUM = 1_600
"""About the most that one image counts at Anthropic (platform.claude.com/docs/en/build-with-claude/vision)."""
LEAST = 4
"""Tokens of a message, and of the answer's beginning, however short."""
KEPT = 0.9
"""Of what was learned, with each call more: about the last ten say how a target counts."""
FIRST, THEN = 50, 16
"""How many calls are all learned from, and of how many later ones one is: to look at a prompt takes time."""
PRIOR = 100.0
"""Tokens that the weights alone count for, before a target told anything."""
OUTPUT = 0.25
"""Tokens per character of an answer, before a target told anything."""
OUTPUT_WEIGHT = 0.1
"""Of the newest call in the average of those."""
SHORTEST = 16
"""Characters of an answer that say something about the ratio."""


class TokenEstimate:
    """One target's: `weights` of its model's family, corrected by what it counted of earlier calls.

    Vendors count a prompt in templates of their own, so each target has its own correction.
    """

    __slots__ = ("_calls", "_counted", "_estimated", "_output", "_weights")

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._calls = 0
        self._counted = PRIOR
        self._estimated = PRIOR
        self._output = OUTPUT

    def prompt(self, chat: Chat) -> int:
        """About how long its prompt is. An image that it only gives the address of counts as one."""
        media = max(chat.extent.media, int(chat.vision))
        return round(self._text(chat) * self._counted / self._estimated) + media * TOKENS_PER_MEDIUM

    def usage(self, chat: Chat, text: int, *, prefix: int = 0) -> Usage:
        """About what a call used that broke off after `text` characters, and was told `prefix` of the answer."""
        return Usage(self.prompt(chat) + round(self._output * prefix), round(self._output * text))

    def learn(self, usage: Usage, chat: Chat, text: int) -> None:
        """A call was answered with `text` characters and used this. Media tell nothing of how text counts."""
        self._calls += 1
        due = self._calls <= FIRST or self._calls % THEN == 0
        if due and usage.input_tokens and not chat.vision and not chat.extent.media:
            self._counted = KEPT * self._counted + usage.input_tokens
            self._estimated = KEPT * self._estimated + self._text(chat)
        if text >= SHORTEST and usage.output_tokens:
            self._output += OUTPUT_WEIGHT * (usage.output_tokens / text - self._output)

    def _text(self, chat: Chat) -> float:
        """By the weights alone."""
        base, each = self._weights
        extent = chat.extent
        weighed: float = sum(map(mul, each, extent))
        return max(LEAST * (1 + extent.messages), base + weighed)
