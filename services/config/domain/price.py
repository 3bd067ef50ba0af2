"""What a target's tokens cost from a time on."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from services.config.domain.faults import at, invalid
from services.config.domain.names import PROVIDER
from services.config.domain.resource import Reference
from services.config.domain.target import Target

_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Effective time of a price that is in force until another one follows."""


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens; `cached_input` is as `input` where None."""

    organization: str
    target: Target
    input: Decimal
    output: Decimal
    effective_time: datetime
    cached_input: Decimal | None = None

    @property
    def name(self) -> str:
        """See Resource; a target has one price for each time from which one is in force."""
        since = self.effective_time.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return f"organizations/{self.organization}/prices/{self.target.provider}/{self.target.model}/{since}"

    @property
    def owner(self) -> str:
        """See Resource."""
        return PROVIDER.name(self.organization, self.target.provider)

    @property
    def references(self) -> tuple[Reference, ...]:
        """See Resource."""
        return (Reference("target.provider", self.owner),)

    def check(self) -> None:
        """See Resource."""
        with at("target"):
            self.target.check()
        for field, amount in (("input", self.input), ("output", self.output), ("cached_input", self.cached_input)):
            if amount is not None:
                parse_amount(write_amount(amount), field=field)


def parse_amount(text: str, *, field: str) -> Decimal:
    """The amount that `text` writes, such as `0.25`. Raises Failure(INVALID_REQUEST)."""
    if _AMOUNT.fullmatch(text) is None:
        raise invalid(field, "must be a decimal number such as 0.25, from 0, with at most 9 places")
    return Decimal(text)


def write_amount(amount: Decimal) -> str:
    """`amount` without an exponent."""
    return f"{amount:f}"
