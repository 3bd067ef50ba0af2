"""Tariffs: what they may say, and that a row and a message give back what they were made of."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Failure
from services.config.adapters.sql.tables import PriceRow
from services.config.domain.configuration import Configuration
from services.config.domain.names import ORGANIZATION, PROJECT, PROVIDER
from services.config.domain.organization import Organization
from services.config.domain.price import ALWAYS, Price
from services.config.domain.project import Project
from services.config.domain.provider import Provider
from services.config.domain.target import Target
from services.config.domain.tariff import Rates, Tariff, Tier
from services.config.entrypoints.grpc.price_codecs import decode_price, encode_price

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE = Rates(Decimal(1), Decimal(1))

amounts = st.decimals(min_value=0, max_value=Decimal(999999999), places=9, allow_nan=False, allow_infinity=False)
rates = st.builds(Rates, amounts, amounts, st.none() | amounts, st.none() | amounts, st.none() | amounts)
steps = st.lists(st.tuples(st.integers(1, 1_000_000), rates), max_size=8)
tiers = steps.map(
    lambda steps: tuple(
        Tier(above, rates) for above, (_, rates) in zip(accumulate(further for further, _ in steps), steps, strict=True)
    )
)
tariffs = st.builds(Tariff, rates, st.none() | amounts, st.none() | amounts, tiers)
prices = st.builds(
    Price, st.just("acme"), st.just(Target("main", "m/1")), tariffs, st.just(NOW), st.sampled_from(["", "shop"])
)


@given(prices)
def test_a_row_gives_back_its_price(price: Price) -> None:
    price.check()
    assert PriceRow.of(price).resource() == price


@given(prices)
def test_a_message_gives_back_its_price(price: Price) -> None:
    assert decode_price(encode_price(price), "acme", ALWAYS) == price


def test_what_is_not_special_has_no_document() -> None:
    plain = Price("acme", Target("main", "m"), Tariff(Rates(Decimal(1), Decimal(2), Decimal("0.5"))), NOW)
    assert PriceRow.of(plain).rest is None


@pytest.mark.parametrize(
    ("tariff", "field"),
    [
        (Tariff(Rates(Decimal(-1), Decimal(1))), "input"),
        (Tariff(Rates(Decimal(1), Decimal(1), cache_write_1h=Decimal("1E-10"))), "cache_write_1h"),
        (Tariff(ONE, per_request=Decimal(10**9)), "per_request"),
        (Tariff(ONE, per_image=Decimal("NaN")), "per_image"),
        (Tariff(ONE, tiers=(Tier(0, ONE),)), "tiers[0].above"),
        (Tariff(ONE, tiers=(Tier(2, ONE), Tier(2, ONE))), "tiers[1].above"),
        (Tariff(ONE, tiers=(Tier(10**9 + 1, ONE),)), "tiers[0].above"),
        (Tariff(ONE, tiers=(Tier(1, Rates(Decimal(1), Decimal(-1))),)), "tiers[0].output"),
        (Tariff(ONE, tiers=tuple(Tier(above, ONE) for above in range(1, 10))), "tiers"),
    ],
)
def test_a_wrong_tariff_is_refused_with_the_field(tariff: Tariff, field: str) -> None:
    with pytest.raises(Failure) as raised:
        tariff.check()
    assert raised.value.detail == {"field": field}


def test_a_project_s_price_needs_its_project_and_goes_with_it() -> None:
    target = Target("main", "m")
    of_shop = Price("acme", target, Tariff(ONE), NOW, "shop")
    of_all = Price("acme", target, Tariff(ONE), NOW)
    acme = Configuration.of(
        [Organization(ORGANIZATION.name("acme")), Provider(PROVIDER.name("acme", "main"), "openai", "")]
    )
    with pytest.raises(Failure) as raised:
        acme.having(of_shop)
    assert raised.value.detail == {"field": "project"}
    shop = Project(PROJECT.name("acme", "shop"), (), 0)
    both = acme.having(shop).having(of_shop).having(of_all)
    assert list(both.each(Price)) == [of_all, of_shop]
    assert list(both.deleted(Project, shop.name).each(Price)) == [of_all]
    assert not list(both.deleted(Provider, PROVIDER.name("acme", "main")).each(Price))
