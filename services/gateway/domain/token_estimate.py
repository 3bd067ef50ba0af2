"""What a call used whose vendor did not tell, from what it told of others."""

from services.gateway.domain.usage import Usage

START = 0.25
"""Tokens per byte or character, before a target told anything."""
WEIGHT = 0.1
"""Of the newest call in the averages."""
SHORTEST = 16
"""Characters of an answer that say something about the ratio."""


class TokenEstimate:
    """One target's ratios. Vendors count a prompt in templates of their own, so each target has its own."""

    __slots__ = ("_input", "_output")

    def __init__(self) -> None:
        self._input = START
        self._output = START

    def learn(self, usage: Usage, body: int, text: int) -> None:
        """A call with a body of so many bytes, answered with so many characters, used this."""
        if body and usage.input_tokens:
            self._input += WEIGHT * (usage.input_tokens / body - self._input)
        if text >= SHORTEST and usage.output_tokens:
            self._output += WEIGHT * (usage.output_tokens / text - self._output)

    def usage(self, body: int, text: int) -> Usage:
        """About what a call used that broke off after `text` characters."""
        return Usage(round(self._input * body), round(self._output * text))
