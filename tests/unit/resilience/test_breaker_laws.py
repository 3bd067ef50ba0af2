"""What holds for a breaker whatever happens to it."""

import asyncio
import random
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from resilience.breaker import Breaker, BreakerSettings, Permit, State, Transition
from resilience.clock import VirtualClock

ALLOWED = {
    (State.CLOSED, State.OPEN),
    (State.OPEN, State.HALF_OPEN),
    (State.HALF_OPEN, State.OPEN),
    (State.HALF_OPEN, State.CLOSED),
}


class AnyBreaker(RuleBasedStateMachine):
    """Calls begin, end in any order and way, are forced, and other replicas talk."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = BreakerSettings(probes=2, minimum_calls=6, consecutive_failures=3, slow_call=5.0)
        self.clock = VirtualClock()
        self.told: list[Transition] = []
        self.breaker = Breaker(self.settings, self.clock, rng=random.Random(7), on_change=self.told.append)
        self.under_way: list[tuple[Permit, int]] = []
        """With how many transitions there had been when each was admitted."""
        self.forced: list[Permit] = []

    @rule(seconds=st.floats(0.0, 20.0))
    def time_passes(self, seconds: float) -> None:
        asyncio.run(self.clock.advance(seconds))

    @rule()
    def a_call_begins(self) -> None:
        state = self.breaker.state
        permit = self.breaker.admit()
        if permit is not None:
            self.under_way.append((permit, len(self.told)))
        assert (state is State.OPEN) <= (permit is None)
        assert (state is State.CLOSED) <= (permit is not None)

    @precondition(lambda self: self.breaker.state is State.OPEN)
    @rule()
    def a_call_is_forced(self) -> None:
        self.forced.append(self.breaker.force())

    @precondition(lambda self: self.forced)
    @rule(data=st.data(), well=st.booleans())
    def a_forced_call_ends(self, data: st.DataObject, well: bool) -> None:
        permit = self.forced.pop(data.draw(st.integers(0, len(self.forced) - 1)))
        before = (self.breaker.state, self.breaker.retry_after)
        permit.succeed(1.0) if well else permit.fail("why")
        assert (self.breaker.state, self.breaker.retry_after) == before

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), end=st.sampled_from(["succeed", "slow", "fail", "abandon"]))
    def a_call_ends(self, data: st.DataObject, end: str) -> None:
        permit, admitted = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        before, transitions = (self.breaker.state, self.breaker.retry_after), len(self.told)
        match end:
            case "succeed":
                permit.succeed(1.0)
            case "slow":
                permit.succeed(9.0)
            case "fail":
                permit.fail("why")
            case _:
                permit.abandon()
        if admitted != transitions:
            assert (self.breaker.state, self.breaker.retry_after) == before

    @rule(seconds=st.floats(-5.0, 100.0) | st.none())
    def others_say_open(self, seconds: float | None) -> None:
        until = None if seconds is None else self.clock.now() + timedelta(seconds=seconds)
        self.breaker.trip("told", until=until)

    @rule()
    def others_say_closed(self) -> None:
        self.breaker.heal("told")

    @invariant()
    def no_more_probes_than_agreed(self) -> None:
        if self.breaker.state is State.HALF_OPEN:
            probes = [permit for permit, admitted in self.under_way if admitted == len(self.told)]
            assert len(probes) <= self.settings.probes

    @invariant()
    def never_open_for_longer_than_its_cap(self) -> None:
        assert 0.0 <= self.breaker.retry_after <= self.settings.open_cap

    @invariant()
    def transitions_are_a_chain_of_allowed_ones(self) -> None:
        states = [State.CLOSED, *(change.state for change in self.told)]
        assert [change.previous for change in self.told] == states[:-1]
        assert {(change.previous, change.state) for change in self.told} <= ALLOWED
        assert self.breaker.state is [State.CLOSED, *(change.state for change in self.told)][-1]


AnyBreaker.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyBreaker = AnyBreaker.TestCase


async def test_a_target_that_only_fails_is_asked_a_few_times_and_then_seldom() -> None:
    clock = VirtualClock()
    breaker = Breaker(BreakerSettings(), clock, rng=random.Random(3), on_change=lambda _: None)
    asked = 0
    for _ in range(6000):
        permit = breaker.admit()
        if permit is not None:
            asked += 1
            permit.fail("vendor_error")
        await clock.advance(0.1)
    # 5 to open it, then a probe after about 2, 4, 8 and for ever 12.5 s (10 at the least) in 600 s.
    assert 30 <= asked <= 5 + 3 + 60


async def test_a_target_that_recovers_is_asked_again_within_its_cap() -> None:
    for seed in range(10):
        clock = VirtualClock()
        breaker = Breaker(BreakerSettings(), clock, rng=random.Random(seed), on_change=lambda _: None)
        closed_after = None
        for tick in range(4000):
            well = tick >= 3000
            permit = breaker.admit()
            if permit is not None:
                permit.succeed(0.1) if well else permit.fail("vendor_error")
            if well and breaker.state is State.CLOSED:
                closed_after = (tick - 3000) * 0.1
                break
            await clock.advance(0.1)
        assert closed_after is not None
        assert closed_after <= 15.2
