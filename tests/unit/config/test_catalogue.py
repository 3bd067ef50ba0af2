"""The catalogue that is part of Seawall, and what is wrong with one."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from chassis.manifest import bounds
from chassis.manifest.vendors import at_home
from resilience.errors import Failure
from services.config.adapters.catalogue import read_catalogue
from services.config.domain.catalogue import Entry, contradictions
from services.config.domain.tariff import Rates, Tariff
from services.config.entrypoints.grpc.price_codecs import EncodedCatalogue

CATALOGUE = read_catalogue()
GOOD = """
[[openai]]
models = ["small"]
effective = 2026-01-01
read = 2026-01-02
source = "https://prices.example"
input = 1
output = 2.5
"""


def entry(model: str, year: int, *, vendor: str = "openai") -> Entry:
    since = datetime(year, 1, 1, tzinfo=UTC)
    return Entry(vendor, (model,), Tariff(Rates(Decimal(1), Decimal(1))), since, "https://a", date(year, 1, 2))


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: f"{entry.models[0]} {entry.effective_time:%Y-%m-%d}")
def test_every_entry_holds(entry: Entry) -> None:
    entry.tariff.check()
    assert entry.vendor in bounds.VENDORS.known
    assert entry.source.startswith("https://")
    assert entry.effective_time.tzinfo is UTC
    assert entry.read_date >= date(2025, 1, 1)
    assert len(set(entry.models)) == len(entry.models)
    for rates in (entry.tariff.rates, *(tier.rates for tier in entry.tariff.tiers)):
        # What costs nothing would have been misread; embeddings have no output.
        assert rates.input > 0
        assert rates.output > 0 or "embed" in entry.models[0]
        for cheaper, dearer in (
            (rates.cached_input, rates.input),
            (rates.input, rates.cache_write),
            (rates.cache_write, rates.cache_write_1h),
        ):
            assert cheaper is None or dearer is None or cheaper <= dearer
    for tier in entry.tariff.tiers:
        for name in ("cached_input", "cache_write", "cache_write_1h"):
            assert (getattr(tier.rates, name) is None) == (getattr(entry.tariff.rates, name) is None)


def test_dates_ascend() -> None:
    assert not contradictions(CATALOGUE)


def test_vendors_of_note_are_in_it() -> None:
    vendors = {"openai", "anthropic", "gemini", "mistral", "cohere", "deepseek", "groq", "xai", "bedrock"}
    assert {entry.vendor for entry in CATALOGUE} == vendors


def test_two_prices_of_a_model_that_do_not_ascend_are_wrong() -> None:
    assert not contradictions([entry("a", 2025), entry("a", 2026), entry("b", 2024)])
    assert not contradictions([entry("a", 2026), entry("a", 2025, vendor="groq")])
    for second in (2025, 2026):
        (wrong,) = contradictions([entry("a", 2026), entry("a", second)])
        assert wrong.startswith("openai a")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("input = 1", "input = -1"),
        ("input = 1", "input = 0.0000000001"),
        ("input = 1", "inputs = 1"),
        ("output = 2.5", ""),
        ('models = ["small"]', "models = []"),
        ('"https://prices.example"', '"a friend"'),
        ("effective = 2026-01-01", ""),
        ("output = 2.5", "output = 2.5\ntiers = [{above = 0, input = 1, output = 1}]"),
        (
            "output = 2.5",
            "output = 2.5\ntiers = [{above = 2, input = 1, output = 1}, {above = 2, input = 1, output = 1}]",
        ),
        ("[[openai]]", GOOD + "[[openai]]"),
    ],
)
def test_a_wrong_catalogue_is_refused(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(GOOD)
    (good,) = read_catalogue(file)
    assert good.tariff == Tariff(Rates(Decimal(1), Decimal("2.5")))
    assert old in GOOD
    file.write_text(GOOD.replace(old, new))
    with pytest.raises((ValueError, Failure)):
        read_catalogue(file)


def test_the_digest_is_that_of_what_the_catalogue_says() -> None:
    one, two = entry("a", 2025), entry("b", 2025)
    digest = EncodedCatalogue.of([one, two]).digest
    assert EncodedCatalogue.of([two, one]).digest == digest
    assert EncodedCatalogue.of([one]).digest != digest
    assert EncodedCatalogue.of([one, entry("b", 2026)]).digest != digest


@pytest.mark.parametrize(
    ("vendor", "base_url", "expected"),
    [
        ("openai", "", True),
        ("openai", "https://proxy.example/v1", False),
        ("bedrock", "https://bedrock-runtime.us-east-1.amazonaws.com", True),
    ],
)
def test_list_prices_are_of_those_who_ask_the_vendor_itself(vendor: str, base_url: str, expected: bool) -> None:
    assert at_home(vendor, base_url) is expected
