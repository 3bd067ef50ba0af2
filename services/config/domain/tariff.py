"""What the use of a model costs, whoever says it: tokens in US dollars per million, requests and images each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal

from services.config.domain.faults import invalid

_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_MOST_TOKENS = 10**9
MOST_TIERS = 8


@dataclass(frozen=True)
class Rates:
    """US dollars per million tokens. What is None is as `input`; `cache_write_1h` as `cache_write`."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None


@dataclass(frozen=True)
class Tier:
    """The rates of all tokens of a request whose input is longer than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True)
class Tariff:
    """The rates of tokens, by the input's length, and what a request and each image of its input cost in US dollars."""

    rates: Rates
    per_request: Decimal | None = None
    per_image: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    """Ascending."""

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST), with the field, where a rule is broken."""
        for field, amount in self._amounts():
            if amount is not None:
                parse_amount(write_amount(amount), field=field)
        if len(self.tiers) > MOST_TIERS:
            raise invalid("tiers", f"are more than {MOST_TIERS}")
        before = 0
        for index, tier in enumerate(self.tiers):
            if not before < tier.above <= _MOST_TOKENS:
                raise invalid(f"tiers[{index}].above", f"must ascend, from 1 to {_MOST_TOKENS}")
            before = tier.above

    def _amounts(self) -> Iterator[tuple[str, Decimal | None]]:
        yield "per_request", self.per_request
        yield "per_image", self.per_image
        for path, rates in (("", self.rates), *((f"tiers[{at}].", tier.rates) for at, tier in enumerate(self.tiers))):
            for field in fields(rates):
                yield f"{path}{field.name}", getattr(rates, field.name)


def parse_amount(text: str, *, field: str) -> Decimal:
    """The amount that `text` writes, such as `0.25`. Raises Failure(INVALID_REQUEST)."""
    if _AMOUNT.fullmatch(text) is None:
        raise invalid(field, "must be a decimal number such as 0.25, from 0, with at most 9 places")
    return Decimal(text)


def write_amount(amount: Decimal) -> str:
    """`amount` without an exponent."""
    return f"{amount:f}"
