"""The limit that finds a server's capacity, and who is refused by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.timeline import Timeline
from resilience.criticality import Criticality
from resilience.limiter.concurrency import ConcurrencyLimit, Slot
from tests.unit.resilience.server import Length, Server, lognormal, pareto

SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slots", [32, 100])
def test_five_times_overload_for_a_minute_is_borne_by_what_matters_least(slots: int, seed: int) -> None:
    server = Server(slots, seed)
    server.run(0.5, 30.0)
    overload = server.run(5.0, 60.0)
    assert overload.served(Criticality.CRITICAL) >= 0.99
    assert overload.answered >= 0.85 * slots * 60.0
    assert overload.quantile(0.5) < 2.5
    assert overload.quantile(0.99) < 6.0
    shed = [1.0 - overload.served(level) for level in Criticality]
    assert shed == sorted(shed, reverse=True)


@pytest.mark.parametrize("length", [lognormal, pareto])
@pytest.mark.parametrize("load", [0.1, 0.5])
@pytest.mark.parametrize("slots", [8, 20, 64])
def test_where_there_is_capacity_nothing_is_shed(slots: int, load: float, length: Length) -> None:
    server = Server(slots, 1, length=length)
    server.run(load, 60.0)
    assert not server.run(load, 300.0).shed


def test_quiet_traffic_does_not_shrink_the_limit() -> None:
    server = Server(50, 1)
    server.run(0.05, 600.0)
    server.slowness = 3.0
    server.run(0.02, 600.0)
    assert server.limit.limit >= 20


def test_answers_that_become_longer_do_not_shrink_it() -> None:
    server = Server(100, 1)
    server.run(0.3, 60.0)
    before = server.limit.limit
    server.slowness = 2.0
    learning = server.run(0.3, 60.0)
    assert learning.served(Criticality.CRITICAL) == 1.0
    assert learning.served(Criticality.DEFAULT) >= 0.99
    assert not server.run(0.3, 120.0).shed
    assert server.limit.limit >= before


def test_capacity_is_found_from_far_too_high_a_limit() -> None:
    server = Server(32, 1, initial=256)
    server.run(1.5, 120.0)
    after = server.run(1.5, 60.0)
    assert after.quantile(0.5) < 3.0
    assert after.answered >= 0.85 * 32 * 60.0


def test_lost_capacity_is_followed_and_found_again() -> None:
    server = Server(64, 1)
    server.run(0.9, 60.0)
    server.slots = 16
    server.run(0.9, 60.0)
    assert server.limit.limit < 64
    assert server.run(0.9, 90.0).answered >= 0.85 * 16 * 90.0
    server.slots = 64
    server.run(0.9, 30.0)
    assert server.run(0.9, 60.0).answered >= 0.85 * 64 * 60.0


def test_a_server_that_has_become_slower_for_good_is_not_strangled() -> None:
    server = Server(64, 1)
    server.run(1.5, 60.0)
    server.slowness = 2.0
    server.run(1.5, 120.0)
    after = server.run(1.5, 120.0)
    assert after.answered >= 0.85 * 64 / 2.0 * 120.0
    assert after.quantile(0.5) < 2.5 * 2.0


def fill(limit: ConcurrencyLimit, level: Criticality) -> list[Slot]:
    slots = []
    while slot := limit.acquire(level):
        slots.append(slot)
    return slots


def test_each_class_has_its_part_and_the_limit_is_kept() -> None:
    parts = []
    for level in Criticality:
        limit = ConcurrencyLimit(Timeline(), initial=100)
        fill(limit, level)
        parts.append(limit.in_flight)
    assert parts == [50, 70, 90, 100]


def test_a_server_that_refuses_lowers_the_limit_once_a_burst() -> None:
    clock = Timeline()
    limit = ConcurrencyLimit(clock, initial=100)
    burst = fill(limit, Criticality.CRITICAL)
    clock.run_until(1.0)
    for slot in burst:
        slot.release(None, dropped=True)
    assert limit.limit == 90
    assert limit.in_flight == 0


def test_a_slot_released_twice_is_released_once() -> None:
    limit = ConcurrencyLimit(Timeline())
    slot = limit.acquire(Criticality.DEFAULT)
    assert slot is not None
    slot.release(1.0)
    slot.release(1.0)
    assert limit.in_flight == 0


def test_nobody_is_told_to_come_back_at_once() -> None:
    server = Server(16, 1)
    assert server.limit.retry_after == 1.0
    server.slowness = 7.0
    server.run(3.0, 120.0)
    assert 3.0 <= server.limit.retry_after <= 60.0


@pytest.mark.parametrize(("minimum", "initial", "maximum"), [(0, 1, 2), (5, 4, 9), (1, 9, 8)])
def test_limits_that_contradict_each_other_are_refused(minimum: int, initial: int, maximum: int) -> None:
    with pytest.raises(ValueError, match="minimum"):
        ConcurrencyLimit(Timeline(), initial=initial, minimum=minimum, maximum=maximum)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Criticality),
            st.floats(0, 5),
            st.one_of(st.none(), st.floats(0, 100)),
            st.booleans(),
            st.booleans(),
        ),
        max_size=300,
    ),
    st.integers(1, 8),
)
def test_the_limit_stays_between_its_bounds_and_calls_are_counted(
    steps: list[tuple[Criticality, float, float | None, bool, bool]], minimum: int
) -> None:
    clock = Timeline()
    limit = ConcurrencyLimit(clock, initial=8, minimum=minimum, maximum=12)
    under_way: list[Slot] = []
    for level, pause, seconds, dropped, ends in steps:
        clock.run_until(clock.monotonic() + pause)
        if slot := limit.acquire(level):
            under_way.append(slot)
        if ends and under_way:
            under_way.pop(0).release(seconds, dropped=dropped)
        assert limit.in_flight == len(under_way) <= 12
        assert minimum <= limit.limit <= 12
        assert limit.retry_after >= 1.0
