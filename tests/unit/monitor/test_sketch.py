"""The laws of the sketch: merged in any order it is the sketch of all values, and each quantile is within 1 %."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.monitor.adapters.sql.sketch import LEAST, MOST, Sketch

durations = st.lists(st.floats(min_value=LEAST, max_value=MOST), max_size=60)


def merged(*parts: Sketch) -> Sketch:
    whole = Sketch()
    for part in parts:
        whole.merge(part)
    return whole


@given(durations, durations)
def test_merging_gives_the_sketch_of_all_values(one: list[float], other: list[float]) -> None:
    assert merged(Sketch(one), Sketch(other)).encode() == Sketch(one + other).encode()


@given(durations, durations, durations)
def test_merging_is_associative_and_commutative(a: list[float], b: list[float], c: list[float]) -> None:
    left = merged(merged(Sketch(a), Sketch(b)), Sketch(c))
    right = merged(Sketch(c), merged(Sketch(b), Sketch(a)))
    assert left.encode() == right.encode()


@given(durations)
def test_a_stored_sketch_is_the_same_when_it_is_read(values: list[float]) -> None:
    sketch = Sketch(values)
    assert Sketch.decode(sketch.encode()).encode() == sketch.encode()
    assert Sketch.decode(sketch.encode()).count == len(values)


@given(durations.filter(bool), st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_one_percent(values: list[float], share: float) -> None:
    (found,) = Sketch(values).quantiles(share)
    true = sorted(values)[math.floor(share * (len(values) - 1))]
    assert found == pytest.approx(true, rel=0.0101)


@pytest.mark.parametrize("odd", [0.0, -5.0, 1e300])
def test_impossible_durations_are_held_at_the_ends(odd: float) -> None:
    (found,) = Sketch([odd]).quantiles(0.5)
    assert LEAST * 0.98 <= found <= MOST * 1.02


def test_a_sketch_is_small() -> None:
    assert len(Sketch([100.0]).encode()) < 10
    assert len(Sketch([1.1**power for power in range(100)]).encode()) < 600


def test_an_empty_sketch_has_no_quantiles() -> None:
    with pytest.raises(ValueError, match="empty"):
        Sketch().quantiles(0.5)
