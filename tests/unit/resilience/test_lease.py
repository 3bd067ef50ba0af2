"""Leases: however several gateways take, spend, lose and give them back, the limit holds; and little of it is lost."""

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resilience.limiter.gcra import Limit
from resilience.limiter.lease import LIFE, PART, REST, Answer, Ask, Lease
from tests.unit.resilience.shared_limit import SharedLimit

LIMITS = st.builds(Limit.per_minute, st.one_of(st.integers(1, 300), st.integers(60, 60_000)))
GAPS = st.one_of(st.just(0.0), st.floats(0, 0.01), st.floats(0, 0.3), st.floats(0, 3), st.floats(0, 70))
USES = st.sampled_from(["requests", "requests", "requests", "reaches", "returns", "renews"])
LOSSES = st.sampled_from(["is lost", "crashes"])
EXACT = 1e-5
"""Seconds; what rounding may add up to."""
TICK = 0.01
"""Seconds; half of what an exchange with the limit takes, where it is on time."""
ON_TIME = 0.8


@dataclass
class Gateway:
    """A lease's holder, at most one of whose exchanges with the limit is under way."""

    lease: Lease
    waiting: int = 0
    ask: Ask | None = None
    answer: Answer | None = None


@dataclass
class World:
    """Gateways, the limit that they share, and a clock."""

    limit: Limit
    count: int
    now: float = 1000.0
    ideal: float = 0.0
    """What the limit by itself would remember of those that passed."""
    passed: list[float] = field(default_factory=list, repr=False)
    spare: list[float] = field(default_factory=list)
    """Requests that the limit by itself would have let pass, whenever one was refused."""

    def __post_init__(self) -> None:
        self.shared = SharedLimit(self.limit)
        self.gateways = [Gateway(Lease(str(each), self.limit, gateways=self.count)) for each in range(self.count)]

    def act(self, gap: float, use: str, which: int, times: int) -> None:
        """After `gap` seconds this gateway has this happen to it."""
        self.now += gap
        gateway = self.gateways[which % self.count]
        match use:
            case "requests":
                for _ in range(times):
                    self._request(gateway)
            case "reaches" if gateway.ask and not gateway.answer:
                gateway.answer = self.shared.answer(gateway.lease.name, gateway.ask, self.now)
                self._pass(gateway.answer.passed)
                if gateway.answer.passed < gateway.ask.need:
                    taken = max(self.ideal, self.now) - self.now
                    self.spare.append((self.limit.tolerance - taken) / self.limit.interval)
            case "returns" if gateway.ask and gateway.answer:
                gateway.lease.told(gateway.ask, gateway.answer, self.now)
                gateway.ask = gateway.answer = None
                waiting, gateway.waiting = gateway.waiting, 0
                for _ in range(waiting):
                    self._request(gateway)
            case "renews" if not gateway.ask:
                gateway.ask = gateway.lease.ask(self.now, 0)
            case "is lost":
                gateway.ask = gateway.answer = None
                gateway.lease.void(f"{gateway.lease.name}'")
            case "crashes":
                self.gateways[which % self.count] = Gateway(
                    Lease(f"{gateway.lease.name}+", self.limit, gateways=self.count)
                )

    def play(self, ticks: int, loads: list[float], rng: Random, losses: float) -> None:
        """Have each gateway get so many requests a second, for so many ticks."""
        for tick in range(ticks):
            self.now += TICK
            for which, load in enumerate(loads):
                for use in ("returns", "reaches") if rng.random() < ON_TIME else ():
                    self.act(0.0, use, which, 0)
                self.act(0.0, "requests", which, int(load * TICK + rng.random()))
                if self.gateways[which].lease.low or tick % 50 == 0:
                    self.act(0.0, "renews", which, 0)
                if rng.random() < losses:
                    self.act(0.0, rng.choice(["is lost", "crashes"]), which, 0)

    def _pass(self, times: int = 1) -> None:
        for _ in range(times):
            self.passed.append(self.now)
            self.ideal = max(self.ideal, self.now) + self.limit.interval

    def _request(self, gateway: Gateway) -> None:
        decision = gateway.lease.spend(self.now)
        if decision is not None:
            if decision.allowed:
                self._pass()
            return
        if gateway.ask is None:
            gateway.ask = gateway.lease.ask(self.now, 1)
        else:
            gateway.waiting += 1


def acts(uses: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[float, str, int, int]]]:
    return st.lists(st.tuples(GAPS, uses, st.integers(0, 2), st.integers(1, 40)), max_size=120)


@st.composite
def traffic(draw: st.DrawFn, *, losses: float = 0.0) -> World:
    """What became of some seconds of traffic that comes and goes, each exchange taking some hundredths of a second."""
    limit = Limit.per_minute(draw(st.sampled_from([60, 600, 3000])))
    world = World(limit, draw(st.integers(1, 3)))
    rng = Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 6))):
        loads = [rng.choice([0.0, 0.5, 5.0]) * limit.requests_per_minute / 60 for _ in world.gateways]
        world.play(rng.choice([20, 60, 200]), loads, rng, losses)
        world.act(rng.choice([0.0, 0.3, 0.9, 40.0]), "renews", 0, 0)
    while len(world.spare) < world.count:  # until there is nothing left, whoever holds it
        world.play(20, [limit.burst] * world.count, rng, losses)
    return world


def keeps_to_its_limit(world: World) -> None:
    spent = float("-inf")
    for moment in world.passed:
        spent = max(spent, moment) + world.limit.interval
        assert spent <= moment + world.limit.tolerance + EXACT


@given(limit=LIMITS, count=st.integers(1, 3), steps=acts(st.one_of(USES, LOSSES)))
def test_no_time_sees_more_requests_than_the_limit_however_steps_are_mixed(
    limit: Limit, count: int, steps: list[tuple[float, str, int, int]]
) -> None:
    world = World(limit, count)
    for step in steps:
        world.act(*step)
    keeps_to_its_limit(world)


@settings(max_examples=60)
@given(world=traffic(losses=0.01))
def test_no_time_sees_more_requests_than_the_limit_whatever_is_lost(world: World) -> None:
    keeps_to_its_limit(world)


@settings(max_examples=60)
@given(world=traffic())
def test_what_is_refused_early_is_a_tenth_of_the_limit_at_most(world: World) -> None:
    assert max(world.spare, default=0.0) <= world.limit.burst / PART + 1


def test_a_lease_is_what_is_spent_in_its_horizon_and_at_most_a_part_of_the_limit() -> None:
    for per_minute, rate, size in ((60_000, 200.0, 40), (600, 1000.0, 60), (59, 1.0, 0)):
        lease, now = Lease("a", Limit.per_minute(per_minute), gateways=1), 0.0
        for _ in range(30):
            now += 0.1
            asked = lease.ask(now, int(rate * 0.1))
            lease.told(asked, Answer(asked.need, asked.held + asked.more, 1.0, 0.0), now)
        assert lease.permits == pytest.approx(size, abs=1)


def test_what_nobody_spends_is_given_back_and_old_permits_are_not_spent() -> None:
    lease = Lease("a", Limit.per_minute(60_000), gateways=1)
    lease.told(lease.ask(0.0, 50), Answer(50, 0, 1.0, 0.0), 0.0)
    asked = lease.ask(0.1, 1)
    assert asked.more > 0
    lease.told(asked, Answer(1, asked.more, 1.0, 0.0), 0.1)
    assert lease.spend(0.1 + LIFE - 0.01)
    assert lease.spend(0.1 + LIFE) is None
    lease.ask(2.0, 0)
    left = lease.permits
    assert lease.ask(3.0, 0) == Ask(0, left, -left)
    assert lease.permits == 0


def test_a_refusal_is_repeated_until_one_may_pass_or_something_may_have_come_back() -> None:
    lease = Lease("a", Limit.per_minute(6000), gateways=1)
    for over, rest in ((0.01, 0.01), (30.0, REST)):
        lease.told(lease.ask(0.0, 1), Answer(0, 0, 60.0, over), 0.0)
        refused = lease.spend(rest - 0.001)
        assert refused is not None
        assert not refused.allowed
        assert refused.retry_after == pytest.approx(over - rest + 0.001)
        assert lease.spend(rest) is None
