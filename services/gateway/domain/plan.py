"""One request's ordered targets, each with the reason why it stands where it does."""

import random
from collections.abc import Callable, Sequence

import msgspec

from resilience.balance import Candidate, balanced, by_session, cheapest, draw, fastest, weighted
from resilience.breaker import State
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.domain.chat import Chat
from services.gateway.domain.route import Capabilities, Policy, Route, Strategy, Target
from services.gateway.domain.targets import TargetState
from services.gateway.domain.token_estimate import TokenEstimate


class Step(msgspec.Struct, frozen=True):
    """A target's place in the plan."""

    target: Target
    state: TargetState
    explanation: str


class LeftOut(msgspec.Struct, frozen=True):
    """A target that is not asked."""

    target: Target
    explanation: str


class Plan(msgspec.Struct, frozen=True):
    """Targets in the order of asking, and those that are not asked."""

    steps: tuple[Step, ...]
    left_out: tuple[LeftOut, ...] = ()


class Request(msgspec.Struct, frozen=True):
    """What a plan is made for.

    `state` gives what is known of a target, `cost` what the request costs there, if that is known.
    """

    id: str
    session: str
    chat: Chat
    route: Route
    policy: Policy
    state: Callable[[Target], TargetState]
    cost: Callable[[Target, TokenEstimate], float | None]


class Planner:
    """Makes plans."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng

    def plan(self, request: Request) -> Plan:
        """The targets that can, by the route's strategy; those that are not well last.

        Raises Failure(NO_CAPABLE_TARGET) where none can do what is asked.
        """
        able, left_out = self._able(request)
        ordered = self._order(able, request)
        return Plan(self._likely_first(ordered, request), left_out)

    def _able(self, request: Request) -> tuple[list[Step], tuple[LeftOut, ...]]:
        able: list[Step] = []
        left_out: list[LeftOut] = []
        missing = ""
        for index, target in enumerate(request.route.targets, start=1):
            lack = _lack(target.capabilities, request.chat)
            if lack:
                missing = missing or lack
                left_out.append(LeftOut(target, f"it cannot do what is asked: {lack}"))
            else:
                able.append(Step(target, request.state(target), f"target {index} of the route"))
        if not able:
            raise Failure(
                Reason.NO_CAPABLE_TARGET,
                f"No target of the model can do what is asked: {missing}.",
                detail={"param": missing},
            )
        return able, tuple(left_out)

    def _order(self, steps: list[Step], request: Request) -> list[Step]:
        route = request.route
        session = request.session if route.affinity else ""
        ranked = self._ranked(steps, request, session)
        canary = _canary(steps, session or request.id)
        if canary is None:
            return ranked
        first = _because(canary, f"canary: asked first by {canary.target.canary:.3g} of the requests")
        return [first, *(step for step in ranked if step.target is not canary.target)]

    def _ranked(self, steps: list[Step], request: Request, session: str) -> list[Step]:
        if len(steps) == 1:
            return steps
        if session:
            order = by_session(session, [s.target.name for s in steps], [s.target.weight for s in steps])
            return [_because(steps[index], "by session") for index in order]
        route = request.route
        match route.strategy:
            case Strategy.ORDERED:
                return steps
            case Strategy.WEIGHTED:
                order = weighted([step.target.weight for step in steps], self._rng)
                whys = [f"weighted: {step.target.weight:.3g}" for step in steps]
            case Strategy.FASTEST:
                order = fastest([step.state.load for step in steps], self._rng)
                whys = [f"fastest: {_expected(step)}" for step in steps]
            case Strategy.CHEAPEST:
                candidates = _candidates(steps, request)
                order = cheapest(candidates)
                whys = [f"cheapest: {_price(candidate)}" for candidate in candidates]
            case Strategy.BALANCED:
                candidates, weights = _candidates(steps, request), route.balance
                order = balanced(candidates, latency=weights.latency, cost=weights.cost, quality=weights.quality)
                whys = [f"balanced: {_figures(candidate)}" for candidate in candidates]
        return [_because(steps[index], whys[index]) for index in order]

    def _likely_first(self, steps: list[Step], request: Request) -> tuple[Step, ...]:
        """Those that are well, in their order; too small ones; resting ones; those whose breaker is open."""
        likely: list[Step] = []
        small: list[Step] = []
        resting: list[Step] = []
        ejected: list[Step] = []
        settings = request.policy.breaker
        now = self._clock.monotonic()
        for step in steps:
            breaker = step.state.breaker(settings) if settings is not None else None
            condition = breaker.state if breaker is not None else State.CLOSED
            window = step.target.capabilities.context_window
            tokens = step.state.tokens.prompt(request.chat) if window else 0
            if breaker is not None and condition is State.OPEN:
                ejected.append(_because(step, f"asked last, for its breaker is open: {breaker.explanation}"))
            elif step.state.rests_until > now:
                rest = step.state.rests_until - now
                resting.append(_because(step, f"asked late, for it asked to be left alone for {rest:.3g} s more"))
            elif tokens > window:
                small.append(_because(step, f"asked late, for about {tokens} tokens are over its context of {window}"))
            elif condition is State.HALF_OPEN:
                likely.append(_because(step, "half-open: may be probed"))
            else:
                likely.append(step)
        return (*likely, *small, *resting, *ejected)


def _candidates(steps: Sequence[Step], request: Request) -> list[Candidate]:
    return [
        Candidate(step.state.load.score, request.cost(step.target, step.state.tokens), step.target.quality)
        for step in steps
    ]


def _canary(steps: Sequence[Step], key: str) -> Step | None:
    """The target whose share of all requests this one is in."""
    reached, drawn = 0.0, None
    for step in steps:
        if step.target.canary:
            drawn = draw(f"canary/{key}") if drawn is None else drawn
            reached += step.target.canary
            if drawn <= reached:
                return step
    return None


def larger(than: Target, targets: Sequence[Target]) -> list[Target]:
    """Those of which it is known that their context is larger, as written."""
    window = than.capabilities.context_window
    return [target for target in targets if target.capabilities.context_window > window]


def _lack(capabilities: Capabilities, chat: Chat) -> str:
    """The first thing that is asked and cannot be done; empty where there is none."""
    if chat.tools and not capabilities.tools:
        return "tools"
    if chat.json_schema and not capabilities.json_schema:
        return "response_format"
    if chat.vision and not capabilities.vision:
        return "images"
    return ""


def _because(step: Step, why: str) -> Step:
    return Step(step.target, step.state, f"{step.explanation}; {why}")


def _expected(step: Step) -> str:
    load = step.state.load
    return f"{load.latency:.3g} s, {load.in_flight} under way"


def _price(candidate: Candidate) -> str:
    return "price not known" if candidate.cost is None else f"about {candidate.cost:.3g} USD"


def _figures(candidate: Candidate) -> str:
    return f"{candidate.latency:.3g} s, {_price(candidate)}, quality {candidate.quality:.3g}"
