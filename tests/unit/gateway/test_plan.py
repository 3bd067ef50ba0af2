"""Plans: which targets, in which order, and the reason beside each."""

import random
from collections import Counter

import pytest

from resilience.breaker import BreakerSettings
from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from services.gateway.domain.chat import Chat
from services.gateway.domain.plan import Plan, Planner, Request
from services.gateway.domain.route import Balance, Capabilities, Policy, Route, Strategy, Target
from services.gateway.domain.targets import Targets

A, B, C = Target("a", "m"), Target("b", "m"), Target("c", "m")
CHAT = Chat("chat", False, b"{}")
PRICES = {"a/m": 3.0, "b/m": 1.0, "c/m": None}


class World:
    def __init__(self, *targets: Target, strategy: Strategy = Strategy.ORDERED, **route: object) -> None:
        self.clock = VirtualClock()
        self.rng = random.Random(1)
        self.targets = Targets(self.clock, self.rng, lambda *_: None)
        self.route = Route(targets or (A, B, C), strategy=strategy, **route)  # type: ignore[arg-type]

    def plan(self, chat: Chat = CHAT, *, request: str = "req_1", session: str = "") -> Plan:
        return Planner(self.clock, self.rng).plan(
            Request(
                request,
                session,
                chat,
                self.route,
                self.route.policy,
                state=lambda target: self.targets.of("acme", target.name),
                cost=lambda target, estimate: PRICES.get(target.name),
            )
        )

    def order(self, chat: Chat = CHAT, *, request: str = "req_1", session: str = "") -> list[str]:
        return [step.target.provider for step in self.plan(chat, request=request, session=session).steps]

    def took(self, target: Target, seconds: float) -> None:
        call = self.targets.of("acme", target.name).load.begin()
        self.clock._elapsed += seconds
        call.end(True)


def test_targets_are_asked_in_the_order_in_which_they_are_written() -> None:
    world = World()
    assert world.order() == ["a", "b", "c"]
    assert [step.explanation for step in world.plan().steps] == [
        "target 1 of the route",
        "target 2 of the route",
        "target 3 of the route",
    ]


def test_a_target_with_an_open_breaker_is_asked_last_and_the_plan_says_why() -> None:
    world = World()
    world.plan()
    world.targets.told_open("acme", "a/m", "9 of 10 calls failed", None)
    assert world.order() == ["b", "c", "a"]
    assert "9 of 10 calls failed" in world.plan().steps[-1].explanation


def test_breakers_of_one_organization_are_not_those_of_another() -> None:
    world = World()
    world.targets.told_open("globex", "a/m", "down", None)
    assert world.order() == ["a", "b", "c"]


def test_a_resting_target_comes_after_those_that_are_well_and_before_open_breakers() -> None:
    world = World()
    world.plan()
    world.targets.told_open("acme", "a/m", "down", None)
    world.targets.of("acme", "b/m").rest(Failure(Reason.VENDOR_RATE_LIMITED, "", retry_after=5.0))
    assert world.order() == ["c", "b", "a"]
    assert "left alone for 5 s" in world.plan().steps[1].explanation


@pytest.mark.parametrize(
    ("lacking", "chat", "param"),
    [
        (Capabilities(tools=False), Chat("chat", False, b"{}", tools=True), "tools"),
        (Capabilities(json_schema=False), Chat("chat", False, b"{}", json_schema=True), "response_format"),
        (Capabilities(vision=False), Chat("chat", False, b"{}", vision=True), "images"),
    ],
)
def test_a_target_that_cannot_do_what_is_asked_is_left_out_and_the_plan_says_so(
    lacking: Capabilities, chat: Chat, param: str
) -> None:
    unable = Target("a", "m", capabilities=lacking)
    world = World(unable, B)
    plan = world.plan(chat)
    assert [step.target for step in plan.steps] == [B]
    assert param in plan.left_out[0].explanation
    assert world.order() == ["a", "b"], "it can do all else"
    with pytest.raises(Failure) as raised:
        World(unable).plan(chat)
    assert (raised.value.reason, raised.value.detail) == (Reason.NO_CAPABLE_TARGET, {"param": param})


def test_a_target_whose_context_is_likely_too_small_is_asked_after_the_others() -> None:
    small = Target("a", "m", capabilities=Capabilities(context_window=100))
    assert World(small, B).order(Chat("chat", False, b"x" * 4000)) == ["b", "a"]
    assert World(small, B).order(Chat("chat", False, b"x" * 40)) == ["a", "b"]


def test_weighted_targets_come_first_as_often_as_they_weigh() -> None:
    world = World(
        Target("a", "m", weight=3), Target("b", "m", weight=1), Target("c", "m", weight=0), strategy=Strategy.WEIGHTED
    )
    first = Counter(world.order()[0] for _ in range(4000))
    assert first["c"] == 0
    assert 0.72 < first["a"] / 4000 < 0.78


def test_the_fastest_target_comes_first() -> None:
    world = World(strategy=Strategy.FASTEST)
    for _ in range(20):
        world.took(A, 2.0)
        world.took(B, 0.2)
        world.took(C, 1.0)
    assert world.order() == ["b", "c", "a"]


def test_the_cheapest_target_comes_first_and_one_without_a_price_last() -> None:
    world = World(strategy=Strategy.CHEAPEST)
    assert world.order() == ["b", "a", "c"]
    assert "price not known" in world.plan().steps[2].explanation


def test_balanced_weighs_what_the_route_says() -> None:
    good, poor = Target("a", "m", quality=0.9), Target("b", "m", quality=0.2)
    assert World(good, poor, strategy=Strategy.BALANCED, balance=Balance(0, 1, 0)).order() == ["b", "a"]
    assert World(good, poor, strategy=Strategy.BALANCED, balance=Balance(0, 0, 1)).order() == ["a", "b"]


def test_a_session_stays_with_its_target_and_sessions_spread() -> None:
    world = World(strategy=Strategy.WEIGHTED, affinity=True)
    firsts = {session: world.order(session=session)[0] for session in map(str, range(300))}
    assert all(world.order(session=session)[0] == first for session, first in firsts.items())
    assert min(Counter(firsts.values()).values()) > 60


def test_a_canary_is_asked_first_by_its_share_of_requests() -> None:
    world = World(A, Target("b", "m", canary=0.2))
    first = Counter(world.order(request=f"req_{n}")[0] for n in range(3000))
    assert 0.17 < first["b"] / 3000 < 0.23


def test_without_a_breaker_nothing_is_asked_last() -> None:
    world = World(policy=Policy(breaker=None))
    world.targets.of("acme", "a/m").breaker(BreakerSettings()).trip("down", until=None)
    assert world.order() == ["a", "b", "c"]
