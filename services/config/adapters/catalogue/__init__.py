"""The catalogue of list prices that is part of Seawall: `prices.toml`, read whole."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.config.domain.catalogue import Entry, contradictions
from services.config.domain.faults import at
from services.config.domain.tariff import Rates, Tariff, Tier

FILE = Path(__file__).with_name("prices.toml")


class _Rates(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None

    def rates(self) -> Rates:
        return Rates(self.input, self.output, self.cached_input, self.cache_write, self.cache_write_1h)


class _Tier(_Rates):
    above: int


class _Entry(_Rates):
    models: list[str] = Field(min_length=1)
    effective: date
    read: date
    source: str = Field(pattern="^https://")
    per_request: Decimal | None = None
    per_image: Decimal | None = None
    tiers: list[_Tier] = []

    def entry(self, vendor: str) -> Entry:
        tiers = tuple(Tier(tier.above, tier.rates()) for tier in self.tiers)
        tariff = Tariff(self.rates(), self.per_request, self.per_image, tiers)
        with at(f"{vendor}.{self.models[0]}"):
            tariff.check()
        since = datetime.combine(self.effective, time(tzinfo=UTC))
        return Entry(vendor, tuple(self.models), tariff, since, self.source, self.read)


def read_catalogue(file: Path = FILE) -> Sequence[Entry]:
    """The entries of the file. Raises ValueError or Failure where it is wrong, which no installation can mend."""
    said: Mapping[str, Sequence[Mapping[str, Any]]] = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
    entries = [_Entry.model_validate(entry).entry(vendor) for vendor, of in said.items() for entry in of]
    if wrong := contradictions(entries):
        raise ValueError("; ".join(wrong))
    return entries
