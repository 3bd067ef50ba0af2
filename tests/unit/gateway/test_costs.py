"""Costs equal hand-computed ones; and what holds of every price."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.config.v1 import resources_pb2 as pb
from services.gateway.adapters.configuration.snapshot import read
from services.gateway.adapters.configuration.words import Words
from services.gateway.domain.configuration import Organization, Project
from services.gateway.domain.usage import Price, Rates, Tier, Usage, dollars


def per_million(*amounts: str) -> Rates:
    """Rates of dollars per million tokens: input, output, cached input, cache write, cache write for an hour."""
    return Rates(*(int(Decimal(amount) * 1_000_000) for amount in amounts))


MINI = Price(per_million("0.25", "2", "0.025", "0.25", "0.25"))
"""As GPT-5 mini's: writing to the cache costs nothing extra."""
SONNET = Price(per_million("3", "15", "0.30", "3.75", "6"))
LONG = Price(
    per_million("1.25", "10", "0.125", "1.25", "1.25"),
    tiers=(Tier(200_000, per_million("2.50", "15", "0.25", "2.50", "2.50")),),
)
"""As Gemini 2.5 Pro's."""
TWO = Price(
    per_million("1", "1", "1", "1", "1"),
    tiers=(Tier(100, per_million("2", "2", "2", "2", "2")), Tier(1_000, per_million("3", "3", "3", "3", "3"))),
)
SEARCH = Price(per_million("1", "1", "1", "1", "1"), per_request=5_000_000_000)
"""And half a cent for each request."""
PICTURES = Price(per_million("0.10", "0", "0.10", "0.10", "0.10"), per_image=60_000_000)
"""And six thousandths of a cent for each image."""
FINE = Price(per_million("0.0001", "0.0004", "0", "0.0001", "0.0001"))
"""A tenth of a nanodollar for a token of the input, four tenths for one of the output."""
FREE = Price(Rates(0, 0, 0, 0, 0))

# Worked out by hand, each line's sum beside it: a token of 0.25 dollars per million costs 250 nanodollars.
CASES = [
    # Input and output.
    (MINI, Usage(), 0, "0"),
    (MINI, Usage(1, 0), 0, "0.00000025"),  # 250 nano
    (MINI, Usage(0, 1), 0, "0.000002"),
    (MINI, Usage(1_000, 500), 0, "0.00125"),  # 0.00025 + 0.001
    (MINI, Usage(12_345, 678), 0, "0.00444225"),  # 0.00308625 + 0.001356
    (MINI, Usage(1_000_000, 1_000_000), 0, "2.25"),
    (MINI, Usage(400_000, 128_000), 0, "0.356"),  # 0.1 + 0.256
    (SONNET, Usage(10, 10), 0, "0.00018"),  # 0.00003 + 0.00015
    (SONNET, Usage(200_000, 64_000), 0, "1.56"),  # 0.6 + 0.96
    (FREE, Usage(1_000_000, 1_000_000), 0, "0"),
    # Read from the cache: part of the input.
    (MINI, Usage(1_000, 0, 1_000), 0, "0.000025"),
    (MINI, Usage(1_000, 0, 600), 0, "0.000115"),  # 400 * 250 + 600 * 25 = 115,000 nano
    (MINI, Usage(2_048, 100, 1_920), 0, "0.00028"),  # 128 * 250 + 1,920 * 25 + 200,000
    (MINI, Usage(1_000_000, 0, 999_999), 0, "0.025000225"),  # 250 + 24,999,975
    (SONNET, Usage(100_000, 1_000, 90_000), 0, "0.072"),  # 0.03 + 0.027 + 0.015
    (SONNET, Usage(1, 0, 1), 0, "0.0000003"),
    # Written to the cache: part of the input.
    (SONNET, Usage(1_000, 0, cache_write_tokens=1_000), 0, "0.00375"),
    (SONNET, Usage(1_000, 0, cache_write_tokens=400), 0, "0.0033"),  # 0.0018 + 0.0015
    (SONNET, Usage(2_095, 503, 2_048, cache_write_tokens=40), 0, "0.0083304"),  # 21 + 614.4 + 150 + 7,545 micro
    (SONNET, Usage(10_000, 200, 4_000, cache_write_tokens=5_000), 0, "0.02595"),  # 0.003 + 0.0012 + 0.01875 + 0.003
    (MINI, Usage(1_000, 0, cache_write_tokens=1_000), 0, "0.00025"),
    (MINI, Usage(1_500, 10, 500, cache_write_tokens=1_000), 0, "0.0002825"),  # 0.0000125 + 0.00025 + 0.00002
    # Some of it for an hour: part of what was written.
    (SONNET, Usage(1_000, 0, cache_write_tokens=1_000, cache_write_1h_tokens=1_000), 0, "0.006"),
    (SONNET, Usage(1_000, 0, cache_write_tokens=1_000, cache_write_1h_tokens=400), 0, "0.00465"),  # 0.00225 + 0.0024
    # 500 * 3 + 200 * 0.3 + 200 * 3.75 + 100 * 6 + 50 * 15 = 3,660 micro
    (SONNET, Usage(1_000, 50, 200, 0, 300, 100), 0, "0.00366"),
    (SONNET, Usage(1, 0, cache_write_tokens=1, cache_write_1h_tokens=1), 0, "0.000006"),
    # Reasoning: part of the output, so it costs nothing beside it.
    (MINI, Usage(1_000, 500, reasoning_tokens=400), 0, "0.00125"),
    (MINI, Usage(0, 128_000, reasoning_tokens=128_000), 0, "0.256"),
    (SONNET, Usage(100, 2_000, 0, 1_999), 0, "0.0303"),
    (LONG, Usage(500, 10_000, 100, 9_000), 0, "0.1005125"),  # 0.0005 + 0.0000125 + 0.1
    # Tiers: all tokens, by the length of the whole input, what was cached included.
    (LONG, Usage(199_999, 0), 0, "0.24999875"),
    (LONG, Usage(200_000, 0), 0, "0.25"),
    (LONG, Usage(200_001, 0), 0, "0.5000025"),
    (LONG, Usage(200_000, 1_000), 0, "0.26"),
    (LONG, Usage(300_000, 1_000), 0, "0.765"),  # 0.75 + 0.015
    (LONG, Usage(300_000, 1_000, 250_000), 0, "0.2025"),  # 0.125 + 0.0625 + 0.015
    (LONG, Usage(100, 1_000_000), 0, "10.000125"),  # the output's length decides nothing
    (TWO, Usage(100, 0), 0, "0.0001"),
    (TWO, Usage(101, 0), 0, "0.000202"),
    (TWO, Usage(1_000, 0), 0, "0.002"),
    (TWO, Usage(1_001, 0), 0, "0.003003"),
    # Requests and images.
    (SEARCH, Usage(1_000, 1_000), 0, "0.007"),  # 0.001 + 0.001 + 0.005
    (SEARCH, Usage(), 0, "0.005"),
    (SEARCH, Usage(1_000, 1_000), None, "0.007"),  # how many images there are does not matter
    (PICTURES, Usage(0, 0), 3, "0.00018"),
    (PICTURES, Usage(1_000, 0), 1, "0.00016"),  # 0.0001 + 0.00006
    (PICTURES, Usage(1_000, 0), 0, "0.0001"),
    (PICTURES, Usage(1_000, 0), None, None),  # it has some, and nobody counted them
    # Rounded once, half up, to nanodollars.
    (FINE, Usage(4, 0), 0, "0"),  # 0.4 nano
    (FINE, Usage(5, 0), 0, "0.000000001"),  # 0.5 nano
    (FINE, Usage(3, 3), 0, "0.000000002"),  # 0.3 + 1.2 nano: rounded apart they were 0 and 1
    (FINE, Usage(14, 0), 0, "0.000000001"),  # 1.4 nano
]


@pytest.mark.parametrize(("price", "usage", "images", "expected"), CASES)
def test_costs_are_what_a_person_worked_out(
    price: Price, usage: Usage, images: int | None, expected: str | None
) -> None:
    cost = price.cost(usage, images)
    assert (None if cost is None else dollars(cost)) == expected


def said(amount: str, since: datetime, *, project: str = "", target: tuple[str, str] = ("main", "small")) -> pb.Price:
    price = pb.Price(target=pb.Target(provider=target[0], model=target[1]), input=amount, output="0", project=project)
    price.effective_time.FromDatetime(since)
    return price


SPRING, SUMMER, AUTUMN = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 6, 9))
NEVER_SAID = Project()


def organization(*prices: pb.Price, list_priced: bool = True) -> tuple[Organization, Project]:
    """One with two projects, whose provider `main` is OpenAI itself; with a catalogue of one model."""
    listed = said("100", SPRING)
    listed.ClearField("target")
    snapshot = pb.Snapshot(
        organizations=[
            pb.OrganizationSnapshot(
                organization=pb.Organization(name="organizations/acme"),
                projects=[pb.Project(name="organizations/acme/projects/shop")],
                providers=[
                    pb.Provider(name="organizations/acme/providers/main", vendor="openai"),
                    pb.Provider(name="organizations/acme/providers/own", vendor="vllm", base_url="http://gpu"),
                ],
                prices=prices,
                list_priced_providers=["organizations/acme/providers/main"] if list_priced else [],
            )
        ],
        catalogue=[pb.CataloguePrice(vendor="openai", models=["small", "small-2026"], price=listed)],
    )
    acme = read(snapshot, Words()).organizations["acme"]
    return acme, acme.projects["shop"]


OWN = (said("3", SPRING), said("2", SUMMER), said("1", AUTUMN))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), None),  # nobody said, the catalogue neither
        (SPRING, "3"),
        (datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC), "3"),
        (SUMMER, "2"),
        (datetime(2026, 8, 1, tzinfo=UTC), "2"),
        (AUTUMN, "1"),
        (datetime(2099, 1, 1, tzinfo=UTC), "1"),
    ],
)
def test_the_price_is_that_of_the_day(at: datetime, expected: str | None) -> None:
    acme, shop = organization(*reversed(OWN))
    price = acme.price("main/small", at, shop)
    cost = None if price is None else price.cost(Usage(1_000_000, 0))
    assert (None if cost is None else dollars(cost)) == expected


def test_a_project_s_price_goes_before_the_organization_s_and_that_before_the_list_price() -> None:
    def paid(*prices: pb.Price, by: Project | None = None) -> str | None:
        acme, shop = organization(*prices)
        price = acme.price("main/small", SUMMER, shop if by is None else by)
        cost = None if price is None else price.cost(Usage(1_000_000, 0))
        return None if cost is None else dollars(cost)

    theirs = said("7", SPRING, project="shop")
    assert paid() == "100"
    assert paid(said("5", SPRING)) == "5"
    assert paid(said("5", SPRING), theirs) == "7"
    assert paid(said("5", SPRING), theirs, by=NEVER_SAID) == "5"
    assert paid(said("5", AUTUMN)) == "100", "until the organization's price is in force the list price is"


def test_what_nobody_says_is_not_known() -> None:
    acme, shop = organization()
    assert acme.price("main/small-2026", SUMMER, shop) is not None
    for target in ("main/large", "own/small", "gone/small", "main"):
        assert acme.price(target, SUMMER, shop) is None


def test_a_provider_that_does_not_ask_its_vendor_itself_has_no_list_price() -> None:
    acme, shop = organization(list_priced=False)
    assert acme.price("main/small", SUMMER, shop) is None


def test_what_a_price_does_not_say_costs_as_the_input_or_as_shorter_cache_writes() -> None:
    price = said("4", SPRING)
    price.tiers.add(above=10, input="8", output="1", cache_write="9")
    acme, shop = organization(price)
    read_price = acme.price("main/small", SUMMER, shop)
    assert read_price == Price(
        per_million("4", "0", "4", "4", "4"), tiers=(Tier(10, per_million("8", "1", "8", "9", "9")),)
    )


amounts = st.integers(0, 10**9)
rates = st.builds(Rates, amounts, amounts, amounts, amounts, amounts)
flat = st.builds(Price, rates)
counts = st.integers(0, 10_000_000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """What a vendor may tell: parts are no more than their whole."""
    fresh, cached, minutes, hour, output = (draw(counts) for _ in range(5))
    return Usage(fresh + cached + minutes + hour, output, cached, draw(st.integers(0, output)), minutes + hour, hour)


def known(cost: int | None) -> int:
    assert cost is not None
    return cost


@given(flat, usages())
def test_cost_is_what_exact_decimals_say(price: Price, usage: Usage) -> None:
    said = price.rates
    exact = Decimal(
        (usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens) * said.input
        + usage.output_tokens * said.output
        + usage.cached_input_tokens * said.cached_input
        + (usage.cache_write_tokens - usage.cache_write_1h_tokens) * said.cache_write
        + usage.cache_write_1h_tokens * said.cache_write_1h
    )
    assert abs(known(price.cost(usage)) - exact / 1000) <= Decimal("0.5")


@given(flat, st.lists(usages(), min_size=1, max_size=5))
def test_cost_is_additive_up_to_rounding(price: Price, parts: list[Usage]) -> None:
    together = known(price.cost(sum(parts, Usage())))
    apart = sum(known(price.cost(part)) for part in parts)
    assert abs(together - apart) <= (len(parts) + 1) / 2


@given(flat, amounts, usages(), usages(), st.integers(0, 9), st.integers(0, 9))
def test_cost_is_monotone(price: Price, each: int, less: Usage, more: Usage, images: int, further: int) -> None:
    whole = replace(price, per_request=each, per_image=each)
    assert known(whole.cost(less, images)) <= known(whole.cost(less + more, images + further))


@given(rates, st.lists(st.tuples(st.integers(1, 100_000), amounts), max_size=4), usages(), usages())
def test_cost_is_monotone_over_tiers_that_rise(
    first: Rates, steps: list[tuple[int, int]], less: Usage, more: Usage
) -> None:
    tiers: list[Tier] = []
    above, rate = 0, first
    for further, dearer in steps:
        above += further
        rate = Rates(*(getattr(rate, name) + dearer for name in Rates.__slots__))
        tiers.append(Tier(above, rate))
    price = Price(first, tiers=tuple(tiers))
    assert known(price.cost(less)) <= known(price.cost(less + more))
