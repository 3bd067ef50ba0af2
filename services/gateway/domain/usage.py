"""Tokens and what they cost."""

from dataclasses import dataclass, replace

PICOS_PER_NANO = 1_000
NANOS_PER_DOLLAR = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as a vendor counted them.

    Those read from its cache and those written to it are part of the input, reasoning ones of the output.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )

    def answered(self, more: "Usage") -> "Usage":
        """With what `more` says of the answer, but not of the prompt."""
        return replace(
            self,
            output_tokens=self.output_tokens + more.output_tokens,
            reasoning_tokens=self.reasoning_tokens + more.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class Price:
    """What one token costs, in whole picodollars (1e-12 US dollars), so that sums are exact."""

    input: int
    output: int
    cached_input: int

    def cost(self, usage: Usage) -> int:
        """Nanodollars for `usage`, rounded half up once, at the end."""
        picos = (
            (usage.input_tokens - usage.cached_input_tokens) * self.input
            + usage.cached_input_tokens * self.cached_input
            + usage.output_tokens * self.output
        )
        return (picos + PICOS_PER_NANO // 2) // PICOS_PER_NANO


def dollars(nanos: int) -> str:
    """Nanodollars as a decimal number of dollars, without needless zeros: `0.0000125`."""
    whole, fraction = divmod(nanos, NANOS_PER_DOLLAR)
    return f"{whole}.{fraction:09d}".rstrip("0").rstrip(".")
