import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.budget import Budget
from resilience.budget.budget import SAVINGS
from resilience.clock import VirtualClock

STEPS = st.lists(
    st.tuples(st.sampled_from(["deposit", "withdraw", "wait"]), st.integers(1, 60)), min_size=1, max_size=60
)


@given(STEPS, st.floats(0.0, 1.0), st.floats(0.0, 20.0), st.floats(0.0, 2.0))
def test_extra_calls_never_exceed_what_was_earned(
    steps: list[tuple[str, int]], ratio: float, floor: float, refill: float
) -> None:
    clock = VirtualClock()
    budget = Budget(ratio=ratio, floor=floor, refill=refill, clock=clock)
    deposits = extra = 0
    for what, times in steps:
        if what == "wait":
            asyncio.run(clock.advance(times / 10))
            continue
        for _ in range(times):
            if what == "deposit":
                budget.deposit()
                deposits += 1
            elif budget.withdraw():
                extra += 1
        assert extra <= floor + ratio * deposits + refill * clock.monotonic() + 1e-6
        assert 0.0 <= budget.balance <= floor + SAVINGS


def test_ten_ordinary_calls_pay_for_one_more() -> None:
    budget = Budget(floor=0.0, refill=0.0, clock=VirtualClock())
    for _ in range(9):
        budget.deposit()
    assert not budget.withdraw()
    budget.deposit()
    assert budget.withdraw()
    assert not budget.withdraw()


async def test_a_target_that_is_seldom_asked_has_some_after_a_while() -> None:
    clock = VirtualClock()
    budget = Budget(clock=clock)
    assert [budget.withdraw() for _ in range(11)] == [True] * 10 + [False]
    await clock.advance(5.0)
    assert [budget.withdraw() for _ in range(2)] == [True, False]


async def test_an_outage_at_load_costs_a_tenth_more_and_the_floor() -> None:
    clock = VirtualClock()
    budget = Budget(clock=clock)
    for _ in range(100_000):
        budget.deposit()  # a long time in which all was well saves little
    attempts = requests = 0
    for _ in range(60 * 50):
        for _ in range(4):
            budget.deposit()
            requests += 1
            attempts += 1 + budget.withdraw() + budget.withdraw()
        await clock.advance(0.02)
    assert 1.09 * requests <= attempts <= 1.1 * requests + 10.0 + SAVINGS + 0.2 * 60.0


@pytest.mark.parametrize("wrong", [{"ratio": -0.1}, {"floor": -1.0}, {"refill": -1.0}])
def test_nothing_negative_is_earned(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="negative"):
        Budget(**wrong, clock=VirtualClock())
