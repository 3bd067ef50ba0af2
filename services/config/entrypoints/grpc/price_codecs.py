"""Prices and the catalogue between protobuf and the domain."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from seawall.config.v1 import resources_pb2 as pb
from services.config.domain.catalogue import Entry
from services.config.domain.faults import at
from services.config.domain.price import Price
from services.config.domain.target import Target
from services.config.domain.tariff import Rates, Tariff, Tier, parse_amount, write_amount
from services.config.entrypoints.grpc.times import moment, timestamp


@dataclass(frozen=True)
class EncodedCatalogue:
    """The catalogue as snapshots and answers have it. `digest`: of all it says, in hex."""

    prices: Sequence[pb.CataloguePrice]
    digest: str

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "EncodedCatalogue":
        """By vendor and model; of one model the oldest first."""
        ordered = sorted(entries, key=lambda entry: (entry.vendor, entry.models, entry.effective_time))
        prices = [_encode_entry(entry) for entry in ordered]
        digest = hashlib.sha256()
        for price in prices:
            digest.update(price.SerializeToString(deterministic=True))
        return cls(prices, digest.hexdigest()[:16])


def decode_price(message: pb.Price, organization: str, now: datetime) -> Price:
    """The price that `message` tells, in force from `now` where it says no time. Raises Failure(INVALID_REQUEST)."""
    since = moment(message.effective_time, field="effective_time") if message.HasField("effective_time") else now
    return Price(
        organization,
        Target(message.target.provider, message.target.model),
        Tariff(
            _decode_rates(message),
            _optional(message.per_request, "per_request"),
            _optional(message.per_image, "per_image"),
            tuple(_decode_tier(index, tier) for index, tier in enumerate(message.tiers)),
        ),
        since,
        message.project,
    )


def encode_price(price: Price) -> pb.Price:
    """As the API shows it."""
    message = _encode_tariff(price.tariff, price.effective_time)
    message.target.provider = price.target.provider
    message.target.model = price.target.model
    message.project = price.project
    return message


def _encode_entry(entry: Entry) -> pb.CataloguePrice:
    return pb.CataloguePrice(
        vendor=entry.vendor,
        models=entry.models,
        price=_encode_tariff(entry.tariff, entry.effective_time),
        source=entry.source,
        read_date=entry.read_date.isoformat(),
    )


def _encode_tariff(tariff: Tariff, since: datetime) -> pb.Price:
    rates = tariff.rates
    return pb.Price(
        input=write_amount(rates.input),
        output=write_amount(rates.output),
        cached_input=_written(rates.cached_input),
        cache_write=_written(rates.cache_write),
        cache_write_1h=_written(rates.cache_write_1h),
        per_request=_written(tariff.per_request),
        per_image=_written(tariff.per_image),
        tiers=[_encode_tier(tier) for tier in tariff.tiers],
        effective_time=timestamp(since),
    )


def _encode_tier(tier: Tier) -> pb.PriceTier:
    rates = tier.rates
    return pb.PriceTier(
        above=tier.above,
        input=write_amount(rates.input),
        output=write_amount(rates.output),
        cached_input=_written(rates.cached_input),
        cache_write=_written(rates.cache_write),
        cache_write_1h=_written(rates.cache_write_1h),
    )


def _decode_tier(index: int, message: pb.PriceTier) -> Tier:
    with at(f"tiers[{index}]"):
        return Tier(message.above, _decode_rates(message))


def _decode_rates(message: pb.Price | pb.PriceTier) -> Rates:
    return Rates(
        parse_amount(message.input, field="input"),
        parse_amount(message.output, field="output"),
        _optional(message.cached_input, "cached_input"),
        _optional(message.cache_write, "cache_write"),
        _optional(message.cache_write_1h, "cache_write_1h"),
    )


def _optional(text: str, field: str) -> Decimal | None:
    return parse_amount(text, field=field) if text else None


def _written(amount: Decimal | None) -> str:
    return "" if amount is None else write_amount(amount)
