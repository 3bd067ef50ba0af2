from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.usage import dollars


@given(st.integers(0, 10**15))
def test_dollars_lose_nothing(nanos: int) -> None:
    assert Decimal(dollars(nanos)) * 10**9 == nanos


def test_dollars_are_written_without_needless_zeros() -> None:
    assert [dollars(nanos) for nanos in (0, 1, 450_000, 10**9, 20 * 10**9 + 5 * 10**8)] == [
        "0",
        "0.000000001",
        "0.00045",
        "1",
        "20.5",
    ]
