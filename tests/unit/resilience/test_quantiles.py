import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.quantiles import LONGEST, RESOLUTION, SHORTEST, Quantiles

SECONDS = st.floats(SHORTEST, LONGEST)


def test_nothing_observed_has_no_quantiles() -> None:
    empty = Quantiles()
    assert (empty.count, empty.quantile(0.99), empty.survival(1.0)) == (0, 0.0, 0.0)


@given(st.lists(SECONDS, min_size=1, max_size=60), st.floats(0.0, 1.0))
def test_a_quantile_is_that_of_the_observations_within_the_resolution(observed: list[float], q: float) -> None:
    quantiles = Quantiles(half_life=1e9)
    for seconds in observed:
        quantiles.add(seconds)
    rank = min(max(math.ceil(q * len(observed)), 1), len(observed))
    # A rank that lies on the border of two observations may be given to either.
    near = sorted(observed)[max(rank - 2, 0) : rank + 1]
    slack = 1.0 + RESOLUTION + 1e-9
    assert near[0] / slack <= quantiles.quantile(q) <= near[-1] * slack


@given(st.lists(SECONDS, min_size=1, max_size=60), SECONDS, SECONDS)
def test_fewer_calls_take_longer_than_a_longer_time(observed: list[float], one: float, other: float) -> None:
    quantiles = Quantiles()
    for seconds in observed:
        quantiles.add(seconds)
    short, long = sorted((one, other))
    assert 1.0 >= quantiles.survival(short) >= quantiles.survival(long) >= 0.0


@given(st.lists(SECONDS, min_size=5, max_size=60), st.floats(0.05, 0.95))
def test_survival_is_what_a_quantile_leaves(observed: list[float], q: float) -> None:
    quantiles = Quantiles()
    for seconds in observed:
        quantiles.add(seconds)
    assert quantiles.survival(quantiles.quantile(q)) == pytest.approx(1.0 - q, abs=1e-6)


def test_what_is_out_of_bounds_is_counted_at_the_bounds() -> None:
    quantiles = Quantiles()
    for seconds in (-1.0, 0.0, 1e-9):
        quantiles.add(seconds)
    assert SHORTEST <= quantiles.quantile(0.99) <= SHORTEST * (1 + RESOLUTION)
    for _ in range(1000):
        quantiles.add(1e9)
    assert quantiles.quantile(0.99) == pytest.approx(LONGEST, rel=RESOLUTION)


def test_half_of_the_weight_is_of_the_last_thousand() -> None:
    quantiles = Quantiles(half_life=1000)
    for _ in range(50_000):
        quantiles.add(1.0)
    for _ in range(1000):
        quantiles.add(10.0)
    assert quantiles.survival(5.0) == pytest.approx(0.5, abs=0.02)


def test_weights_that_are_scaled_back_tell_the_same() -> None:
    rng = random.Random(1)
    quantiles = Quantiles(half_life=100)
    for _ in range(20_000):  # 2 ** 200 without scaling
        quantiles.add(rng.lognormvariate(0.0, 0.5))
    assert quantiles.count == 20_000
    assert quantiles.quantile(0.5) == pytest.approx(1.0, rel=0.15)


def test_a_reading_is_two_per_cent_behind_at_most() -> None:
    quantiles = Quantiles()
    for _ in range(1000):
        quantiles.add(1.0)
    assert quantiles.survival(5.0) == 0.0
    for _ in range(21):
        quantiles.add(10.0)
    assert quantiles.survival(5.0) > 0.01


def test_calls_that_were_given_up_keep_the_tail_as_heavy_as_it_is() -> None:
    rng = random.Random(2)
    told, untold = Quantiles(), Quantiles()
    for _ in range(10_000):
        seconds = rng.lognormvariate(0.0, 0.3) * (10.0 if rng.random() < 0.05 else 1.0)
        if seconds > 4.0 and rng.random() < 0.9:
            told.add_at_least(4.0)
        else:
            told.add(seconds)
            untold.add(seconds)
    assert told.survival(4.0) == pytest.approx(0.05, abs=0.015)
    assert told.quantile(0.99) > 8.0
    assert untold.survival(4.0) < 0.01


def test_a_call_given_up_beyond_all_others_counts_where_it_was_given_up() -> None:
    quantiles = Quantiles()
    quantiles.add_at_least(7.0)
    assert quantiles.quantile(0.5) == pytest.approx(7.0, rel=RESOLUTION)
