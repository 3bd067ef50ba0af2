"""Amounts are exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.base import Money
from services.monitor.domain.money import MOST_NANOS, nanos_of, usd_of


@given(st.integers(min_value=0, max_value=MOST_NANOS))
def test_an_amount_survives_the_way_out_and_in(nanos: int) -> None:
    assert nanos_of(Money(amount=usd_of(nanos))) == nanos


@pytest.mark.parametrize(
    ("amount", "nanos"), [("0", 0), ("0.000000001", 1), ("1", 10**9), ("0.10", 10**8), ("1e-9", 1)]
)
def test_decimal_dollars_are_nanos(amount: str, nanos: int) -> None:
    assert nanos_of(Money(amount=amount)) == nanos


@pytest.mark.parametrize("amount", ["", "a", "NaN", "Infinity", "-1", "0.0000000001", "1000001"])
def test_what_cannot_be_kept_exactly_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match=r"amount|range"):
        nanos_of(Money(amount=amount))


def test_the_ledger_is_kept_in_dollars() -> None:
    with pytest.raises(ValueError, match="EUR"):
        nanos_of(Money(amount="1", currency="EUR"))


def test_dollars_have_no_trailing_zeros() -> None:
    assert [usd_of(nanos) for nanos in (0, 1, 10**9, 1_500_000_000)] == ["0", "0.000000001", "1", "1.5"]
