"""A target's queue, told from outside."""

import itertools
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.timeline import Timeline
from resilience.balance import Load
from resilience.balance.line import SLOTS, Line, Place


def test_one_more_call_than_slots_stands_in_line_until_another_ends() -> None:
    line = Line()
    first, *_ = [line.join(0.0) for _ in range(int(SLOTS))]
    last = line.join(0.5)
    assert last.started_at is None
    assert line.leave(first, 2.0) == 2.0
    assert last.started_at == 2.0
    assert line.leave(last, 3.0) == 1.0


def test_nobody_stands_in_line_before_the_slots_are_taken() -> None:
    line = Line()
    waits = []
    for _ in range(3 * int(SLOTS)):
        waits.append(line.wait)
        line.join(0.0)
    assert not any(waits[: int(SLOTS)])
    steps = [after - before for before, after in itertools.pairwise(waits[int(SLOTS) :])]
    assert steps == pytest.approx([1.0 / SLOTS] * len(steps))


def test_only_calls_that_are_worked_on_count_as_worked_on() -> None:
    line = Line()
    for _ in range(2 * int(SLOTS)):
        line.join(1.0)
    assert line.worked(3.0) == pytest.approx(2.0 * SLOTS)


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans(), st.integers(0, 30)), max_size=200))
def test_own_seconds_are_some_of_those_waited_and_none_once_all_have_left(
    steps: list[tuple[float, bool, int]],
) -> None:
    line, now = Line(), 0.0
    places: list[Place] = []
    for seconds, joins, which in steps:
        now += seconds
        if joins or not places:
            places.append(line.join(now))
        else:
            place = places.pop(which % len(places))
            own = line.leave(place, now)
            assert 0.0 <= own <= now - place.joined_at
            line.learn(place, own, 10.0)
        assert 0.0 <= line.worked(now) <= sum(now - place.joined_at for place in places) + 1e-6
    for place in places:
        line.leave(place, now)
    assert line.wait == 0.0
    assert line.worked(now + 1.0) == 0.0


def test_seconds_in_line_are_not_taken_for_the_targets_own() -> None:
    clock = Timeline()
    load = Load(clock)
    for wave in range(30):
        for place in range(3 * int(SLOTS)):
            clock.call_later(1.0 + place // int(SLOTS), partial(load.begin().end, True))
        clock.run_until(5.0 * (wave + 1))
    assert load.score == pytest.approx(1.0, rel=0.15)
