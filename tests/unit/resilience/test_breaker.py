import random
from dataclasses import replace
from datetime import timedelta

import pytest

from resilience.breaker import Breaker, BreakerSettings, Permit, State, Transition
from resilience.clock import VirtualClock

WHY = "vendor_overloaded"


class Guarded:
    """A breaker on a virtual clock, and what it told."""

    def __init__(self, settings: BreakerSettings | None = None, seed: int = 1) -> None:
        self.clock = VirtualClock()
        self.told: list[Transition] = []
        self.settings = settings or BreakerSettings()
        self.breaker = Breaker(self.settings, self.clock, rng=random.Random(seed), on_change=self.told.append)

    def permit(self) -> Permit:
        permit = self.breaker.admit()
        assert permit is not None
        return permit

    def state(self) -> State:
        return self.breaker.state

    def fail(self, times: int = 5) -> None:
        for _ in range(times):
            self.permit().fail(WHY)

    async def rest(self) -> None:
        await self.clock.advance(self.breaker.retry_after + 1e-6)

    async def close(self) -> None:
        await self.rest()
        for _ in range(self.settings.probes):
            self.permit().succeed(0.1)


def test_failures_in_a_row_open_it_and_it_says_why() -> None:
    it = Guarded()
    it.fail(4)
    assert it.state() is State.CLOSED
    it.fail(1)
    assert it.state() is State.OPEN
    assert it.breaker.explanation == "5 calls in a row failed, the last: vendor_overloaded"
    [change] = it.told
    assert (change.previous, change.state, change.shared) == (State.CLOSED, State.OPEN, False)
    assert change.since == it.clock.now()
    assert change.until is not None
    assert (change.until - change.since).total_seconds() == pytest.approx(it.breaker.retry_after, abs=1e-5)


def test_a_success_ends_the_row() -> None:
    it = Guarded()
    it.fail(4)
    it.permit().succeed(0.1)
    it.fail(4)
    assert it.state() is State.CLOSED


def test_the_failure_rate_opens_it_from_the_minimum_of_calls_on() -> None:
    it = Guarded(BreakerSettings(consecutive_failures=100))
    for _ in range(4):
        it.permit().succeed(0.1)
        it.fail(1)
    assert it.state() is State.CLOSED
    it.permit().succeed(0.1)
    it.fail(1)
    assert it.state() is State.OPEN
    assert it.breaker.explanation == "5 of 10 calls in 10 s failed, the last: vendor_overloaded"


async def test_failures_of_long_ago_do_not_count() -> None:
    it = Guarded(BreakerSettings(consecutive_failures=100))
    it.fail(9)
    await it.clock.advance(11.0)
    it.fail(9)
    assert it.state() is State.CLOSED


async def test_by_count_failures_of_long_ago_do_count() -> None:
    it = Guarded(BreakerSettings(consecutive_failures=100, window_calls=10))
    it.fail(9)
    await it.clock.advance(1e5)
    it.fail(1)
    assert it.state() is State.OPEN
    assert it.breaker.explanation == "10 of 10 calls of late failed, the last: vendor_overloaded"


def test_slow_calls_open_it_and_quick_ones_do_not() -> None:
    slow = Guarded(BreakerSettings(slow_call=2.0))
    quick = Guarded(BreakerSettings(slow_call=2.0))
    for _ in range(10):
        slow.permit().succeed(2.5)
        quick.permit().succeed(1.5)
    assert (slow.breaker.state, quick.breaker.state) == (State.OPEN, State.CLOSED)
    assert slow.breaker.explanation == "10 of 10 calls in 10 s took longer than 2 s"


async def test_an_open_one_rejects_until_its_time_is_over_and_says_when() -> None:
    it = Guarded()
    it.fail()
    assert 1.6 <= it.breaker.retry_after <= 2.4
    assert it.breaker.admit() is None
    await it.clock.advance(it.breaker.retry_after - 0.01)
    assert it.breaker.admit() is None
    await it.clock.advance(0.02)
    assert it.breaker.retry_after == 0.0
    assert it.state() is State.HALF_OPEN


async def test_half_open_admits_its_probes_and_no_more_until_one_is_given_back() -> None:
    it = Guarded()
    it.fail()
    await it.rest()
    one, _two = it.permit(), it.permit()
    assert it.breaker.admit() is None
    assert it.breaker.retry_after > 0.0
    one.abandon()
    one.abandon()
    assert it.breaker.admit() is not None
    assert it.breaker.admit() is None


async def test_all_probes_must_succeed_to_close_it() -> None:
    it = Guarded()
    it.fail()
    await it.rest()
    one, two = it.permit(), it.permit()
    one.succeed(0.1)
    assert it.state() is State.HALF_OPEN
    two.succeed(0.1)
    assert it.state() is State.CLOSED
    assert [change.state for change in it.told] == [State.OPEN, State.HALF_OPEN, State.CLOSED]
    assert it.told[-1].until is None


async def test_a_probe_that_fails_opens_it_for_twice_as_long_up_to_the_cap() -> None:
    it = Guarded()
    it.fail()
    for expected in (4.0, 8.0, 12.5, 12.5, 12.5):
        await it.rest()
        it.permit().fail(WHY)
        assert 0.8 * expected <= it.breaker.retry_after <= min(1.2 * expected, it.settings.open_cap)
        assert it.breaker.explanation == "a probe failed: vendor_overloaded"


async def test_a_slow_probe_is_no_recovery() -> None:
    it = Guarded(BreakerSettings(slow_call=1.0))
    it.fail()
    await it.rest()
    it.permit().succeed(5.0)
    assert it.state() is State.OPEN
    assert it.breaker.explanation == "a probe failed: it took 5 s"


async def test_flapping_is_not_forgiven_before_it_stayed_closed() -> None:
    it = Guarded()
    it.fail()
    await it.close()
    it.fail()
    assert it.breaker.retry_after > 3.0
    await it.close()
    await it.clock.advance(it.settings.open_cap)
    it.fail()
    assert it.breaker.retry_after <= 2.4


def test_replicas_that_opened_together_do_not_probe_together() -> None:
    times = set()
    for seed in range(20):
        it = Guarded(seed=seed)
        it.fail()
        times.add(round(it.breaker.retry_after, 3))
    assert len(times) > 15


async def test_an_end_changes_nothing_once_the_breaker_has_moved_on() -> None:
    it = Guarded()
    late_success, late_failure, late_nothing = it.permit(), it.permit(), it.permit()
    it.fail()
    opened = it.breaker.retry_after
    late_success.succeed(0.1)
    late_failure.fail(WHY)
    assert (it.state(), it.breaker.retry_after) == (State.OPEN, opened)
    await it.rest()
    probes = [it.permit(), it.permit()]
    late_nothing.abandon()
    assert it.breaker.admit() is None
    for probe in probes:
        probe.succeed(0.1)
    assert it.state() is State.CLOSED


def test_only_the_first_end_of_a_call_counts() -> None:
    it = Guarded()
    permit = it.permit()
    permit.succeed(0.1)
    for _ in range(10):
        permit.fail(WHY)
    assert it.state() is State.CLOSED


async def test_a_forced_call_that_fails_neither_lengthens_nor_shortens_its_time() -> None:
    it = Guarded()
    it.fail()
    opened = it.breaker.retry_after
    for _ in range(20):
        it.breaker.force().fail(WHY)
    assert it.breaker.retry_after == opened
    await it.rest()
    assert it.state() is State.HALF_OPEN


async def test_forced_successes_stand_for_all_probes_but_the_last() -> None:
    it = Guarded()
    it.fail()
    for _ in range(5):
        it.breaker.force().succeed(0.1)
    assert it.state() is State.OPEN
    await it.rest()
    last = it.permit()
    assert it.breaker.admit() is None
    last.succeed(0.1)
    assert it.state() is State.CLOSED


async def test_a_forced_failure_takes_back_what_forced_successes_earned() -> None:
    it = Guarded()
    it.fail()
    it.breaker.force().succeed(0.1)
    it.breaker.force().fail(WHY)
    await it.rest()
    it.permit().succeed(0.1)
    assert it.state() is State.HALF_OPEN


async def test_forced_beside_the_probes_a_failure_is_not_a_probes() -> None:
    it = Guarded()
    it.fail()
    await it.rest()
    probes = [it.permit(), it.permit()]
    it.breaker.force().fail(WHY)
    assert it.state() is State.HALF_OPEN
    for probe in probes:
        probe.succeed(0.1)
    assert it.state() is State.CLOSED


def test_forced_while_closed_is_an_ordinary_call() -> None:
    it = Guarded()
    for _ in range(5):
        it.breaker.force().fail(WHY)
    assert it.state() is State.OPEN


def test_told_by_another_replica_it_opens_for_so_long_and_says_that_it_was_told() -> None:
    it = Guarded()
    it.breaker.trip("gateway-2 saw 5 failures", until=it.clock.now() + timedelta(seconds=6))
    assert it.state() is State.OPEN
    assert 4.8 <= it.breaker.retry_after <= 6.0
    assert it.breaker.explanation == "gateway-2 saw 5 failures"
    assert [change.shared for change in it.told] == [True]


def test_nobody_opens_it_for_longer_than_its_cap_or_for_a_time_that_is_over() -> None:
    it = Guarded()
    it.breaker.trip("stale", until=it.clock.now() - timedelta(seconds=1))
    assert it.state() is State.CLOSED
    it.breaker.trip("for ever", until=it.clock.now() + timedelta(days=1))
    assert it.breaker.retry_after <= it.settings.open_cap


def test_two_that_tell_each_other_fall_silent() -> None:
    it = Guarded()
    it.fail()
    own = it.breaker.retry_after
    for _ in range(3):
        it.breaker.trip("so am I", until=it.told[0].until)
        it.breaker.trip("so am I", until=None)
    assert len(it.told) == 1
    assert it.breaker.retry_after == own


def test_an_open_one_that_is_told_of_a_later_time_waits_for_it() -> None:
    it = Guarded()
    it.fail()
    it.breaker.trip("down for longer", until=it.clock.now() + timedelta(seconds=10))
    assert it.breaker.retry_after >= 8.0
    assert len(it.told) == 1


async def test_healed_elsewhere_it_probes_at_once() -> None:
    it = Guarded()
    it.breaker.heal("gateway-2 closed it")
    assert it.told == []
    it.fail()
    it.breaker.heal("gateway-2 closed it")
    assert it.state() is State.HALF_OPEN
    assert it.told[-1].shared
    it.permit()
    it.permit()
    assert it.breaker.admit() is None


def test_on_change_may_ask_the_breaker() -> None:
    seen: list[State] = []
    breaker = Breaker(
        BreakerSettings(), VirtualClock(), rng=random.Random(1), on_change=lambda _: seen.append(breaker.state)
    )
    for _ in range(5):
        breaker.force().fail(WHY)
    assert seen == [State.OPEN]


@pytest.mark.parametrize(
    "wrong",
    [{"probes": 0}, {"minimum_calls": 0}, {"consecutive_failures": 0}, {"window": 0.0}, {"open_for": 0.0}],
)
def test_settings_by_which_it_could_not_work_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a breaker"):
        BreakerSettings(**wrong)


def test_settings_that_say_the_same_are_one_key_and_others_another() -> None:
    kept = {BreakerSettings(probes=3): "three"}
    assert kept.get(BreakerSettings(probes=3)) == "three"
    assert kept.get(replace(BreakerSettings(), probes=3)) == "three"
    assert BreakerSettings(probes=4) not in kept
    assert hash(BreakerSettings(probes=3)) != hash(BreakerSettings(probes=4))
