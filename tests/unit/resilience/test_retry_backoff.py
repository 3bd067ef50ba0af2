import random

from hypothesis import given
from hypothesis import strategies as st

from resilience.retry import Backoff


@given(st.floats(0.001, 10), st.floats(0.001, 100), st.integers(0, 1000), st.integers(1, 200))
def test_each_wait_is_under_a_ceiling_that_doubles_up_to_the_cap(
    first: float, cap: float, seed: int, tries: int
) -> None:
    backoff = Backoff(first=first, cap=cap, rng=random.Random(seed))
    for n in range(tries):
        assert 0 <= backoff.next() <= min(cap, first * 2.0**n)


def test_after_a_success_it_begins_again() -> None:
    backoff = Backoff(first=1, cap=1000, rng=random.Random(1))
    for _ in range(8):
        backoff.next()
    backoff.reset()
    assert all(backoff.next() <= 2.0**n for n in range(3))


def test_callers_are_spread_over_the_whole_interval() -> None:
    waits = sorted(Backoff(first=1, cap=1, rng=random.Random(seed)).next() for seed in range(1000))
    assert waits[100] < 0.2
    assert waits[900] > 0.8
