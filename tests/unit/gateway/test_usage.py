from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.usage import Price, Usage, dollars

tokens = st.integers(0, 10_000_000)


@given(tokens, tokens, tokens, st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_cost_is_what_exact_decimals_say(
    fresh: int, cached: int, output: int, input_price: int, output_price: int, cached_price: int
) -> None:
    usage = Usage(input_tokens=fresh + cached, cached_input_tokens=cached, output_tokens=output)
    cost = Price(input=input_price, output=output_price, cached_input=cached_price).cost(usage)
    exact = Decimal(fresh * input_price + cached * cached_price + output * output_price) / 1000
    assert abs(cost - exact) <= Decimal("0.5")


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
