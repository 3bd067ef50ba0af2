"""A snapshot's prices, and its catalogue."""

from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal

from seawall.config.v1 import resources_pb2 as pb
from services.gateway.domain.configuration import DatedPrice, Prices
from services.gateway.domain.route import Target
from services.gateway.domain.usage import Price, Rates, Tier

PICOS_A_TOKEN = 1_000_000
"""Picodollars per token for each dollar per million tokens."""
PICOS_A_DOLLAR = 10**12

ListPrices = Mapping[str, Prices]
"""By vendor, and by the names that it has for its models."""


def read_prices(prices: Iterable[pb.Price]) -> Mapping[str, Prices]:
    """By the project that pays them, the empty one for all; by target name."""
    found: dict[str, dict[str, list[DatedPrice]]] = {}
    for price in prices:
        name = Target(price.target.provider, price.target.model).name
        found.setdefault(price.project, {}).setdefault(name, []).append(_dated(price))
    return {project: _latest_first(of) for project, of in found.items()}


def read_catalogue(catalogue: Iterable[pb.CataloguePrice]) -> ListPrices:
    """The vendors' list prices."""
    found: dict[str, dict[str, list[DatedPrice]]] = {}
    for entry in catalogue:
        dated = _dated(entry.price)
        for model in entry.models:
            found.setdefault(entry.vendor, {}).setdefault(model, []).append(dated)
    return {vendor: _latest_first(of) for vendor, of in found.items()}


def _latest_first(found: Mapping[str, list[DatedPrice]]) -> Prices:
    return {
        name: tuple(sorted(prices, key=lambda one: one.effective_at, reverse=True)) for name, prices in found.items()
    }


def _dated(price: pb.Price) -> DatedPrice:
    return DatedPrice(
        price.effective_time.ToDatetime(tzinfo=UTC),
        Price(
            _rates(price),
            per_request=_picos(price.per_request or "0", PICOS_A_DOLLAR),
            per_image=_picos(price.per_image or "0", PICOS_A_DOLLAR),
            tiers=tuple(Tier(tier.above, _rates(tier)) for tier in sorted(price.tiers, key=lambda one: one.above)),
        ),
    )


def _rates(said: pb.Price | pb.PriceTier) -> Rates:
    cache_write = said.cache_write or said.input
    return Rates(
        input=_picos(said.input),
        output=_picos(said.output),
        cached_input=_picos(said.cached_input or said.input),
        cache_write=_picos(cache_write),
        cache_write_1h=_picos(said.cache_write_1h or cache_write),
    )


def _picos(amount: str, each: int = PICOS_A_TOKEN) -> int:
    return int(Decimal(amount) * each)
