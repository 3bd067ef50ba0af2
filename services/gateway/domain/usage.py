"""Tokens and what they cost."""

from dataclasses import dataclass
from functools import lru_cache

import msgspec
from msgspec.structs import replace

PICOS_PER_NANO = 1_000
NANOS_PER_DOLLAR = 1_000_000_000


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens as a vendor counted them.

    Those read from its cache and those written to it are part of the input, reasoning ones of the output.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    """Those of `cache_write_tokens` that the vendor keeps for an hour."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.cache_write_1h_tokens + other.cache_write_1h_tokens,
        )

    def answered(self, more: "Usage") -> "Usage":
        """With what `more` says of the answer, but not of the prompt."""
        return replace(
            self,
            output_tokens=self.output_tokens + more.output_tokens,
            reasoning_tokens=self.reasoning_tokens + more.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """What one token costs, in whole picodollars (1e-12 US dollars), so that sums are exact."""

    input: int
    """Of tokens that the vendor's cache has nothing to do with."""
    output: int
    cached_input: int
    cache_write: int
    cache_write_1h: int

    def picos(self, usage: Usage) -> int:
        """What the tokens of `usage` cost: each once, by what became of it."""
        hour = usage.cache_write_1h_tokens
        minutes = usage.cache_write_tokens - hour
        fresh = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
        return (
            fresh * self.input
            + usage.cached_input_tokens * self.cached_input
            + minutes * self.cache_write
            + hour * self.cache_write_1h
            + usage.output_tokens * self.output
        )


@dataclass(frozen=True, slots=True)
class Tier:
    """The rates of all tokens of a request whose input is longer than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Price:
    """What a target costs. Amounts are whole picodollars."""

    rates: Rates
    per_request: int = 0
    per_image: int = 0
    """For each image of the input, beside its tokens."""
    tiers: tuple[Tier, ...] = ()
    """Ascending."""

    def cost(self, usage: Usage, images: int | None = 0) -> int | None:
        """Nanodollars for one request that used `usage`, rounded half up once, at the end.

        `images`: how many its input has, None where nobody counted them. None where the price needs to know that.
        """
        if images is None:
            if self.per_image:
                return None
            images = 0
        picos = self._rates(usage).picos(usage) + self.per_request + images * self.per_image
        return (picos + PICOS_PER_NANO // 2) // PICOS_PER_NANO

    def _rates(self, usage: Usage) -> Rates:
        for tier in reversed(self.tiers):
            if usage.input_tokens > tier.above:
                return tier.rates
        return self.rates


@lru_cache(1_000)  # it is asked several times a request, and what requests cost repeats itself
def dollars(nanos: int) -> str:
    """Nanodollars as a decimal number of dollars, without needless zeros: `0.0000125`."""
    whole, fraction = divmod(nanos, NANOS_PER_DOLLAR)
    return f"{whole}.{fraction:09d}".rstrip("0").rstrip(".")
