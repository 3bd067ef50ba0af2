"""`python -m bench.engine`: CPU of planning and attempting one request, over a hop that answers at once.

The bare hop's own cost is measured in the same rounds and taken off. Printed as medians over the rounds, in
microseconds; the goal is 50.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime

import uvloop
from opentelemetry import trace

from bench.engine.ready import BODY, CHUNKS, ReadyHop
from chassis.principal import Principal, Role
from resilience.clock import SystemClock
from services.gateway.application.attempt import AttemptTargets
from services.gateway.application.exchange import Exchange
from services.gateway.application.plan_request import PlanRequest
from services.gateway.application.ports import Envelope
from services.gateway.domain.configuration import Organization, Project
from services.gateway.domain.dialect import Name
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.options import Options
from services.gateway.domain.route import Policy, Route, Strategy, Target
from services.gateway.domain.targets import Targets

ROUNDS = 7
REQUESTS = 3000
GOAL = 50.0


class Engine:
    """The two stages, as the gateway has them."""

    def __init__(self, strategy: Strategy) -> None:
        self._clock = SystemClock()
        rng = random.Random(1)
        targets = Targets(self._clock, rng, lambda *_: None)
        self._plan = PlanRequest(targets, self._clock, rng)
        self._attempt = AttemptTargets(ReadyHop(), targets, self._clock, rng)
        self._route = Route((Target("a", "m"), Target("b", "m"), Target("c", "m")), Policy(), strategy)
        self._organization = Organization("acme", {"shop": Project()}, models={"chat": self._route})

    def exchange(self, *, stream: bool) -> Exchange:
        """A request as it comes to be planned."""
        exchange = Exchange(
            "req_1",
            None,
            BODY,
            stream,
            Options(),
            datetime.now(UTC),
            self._clock.monotonic(),
            trace.INVALID_SPAN,
            OPENAI_CHAT,
        )
        exchange.principal = Principal("acme", "shop", "ci", Role.DEVELOPER)
        exchange.organization = self._organization
        exchange.project = self._organization.projects["shop"]
        exchange.chat = exchange.dialect.read(BODY)
        exchange.route, exchange.policy = self._route, self._route.policy
        exchange.deadline = exchange.started + 60.0
        return exchange

    async def answer(self, exchange: Exchange) -> None:
        """Plan and attempt."""
        await self._plan(exchange)
        assert exchange.plan is not None
        answer = await self._attempt(exchange, exchange.plan.steps)
        if answer.rest is not None:
            async for _ in answer.rest:
                pass


async def bare(*, stream: bool) -> None:
    """The hop without the engine."""
    envelope = Envelope("req_1", 1, "acme", Target("a", "m"), BODY, stream, 60.0, "", Name.OPENAI_CHAT)
    call = await ReadyHop().call(envelope)
    while not (await call.next()).end:
        pass


async def measure(strategy: Strategy, *, stream: bool) -> list[float]:
    """Microseconds of CPU a request, by round."""
    engine = Engine(strategy)

    async def cost(work: Iterable[Awaitable[None]]) -> float:
        began = time.process_time()
        for one in work:
            await one
        return (time.process_time() - began) / REQUESTS * 1e6

    rounds = []
    for _ in range(ROUNDS):
        exchanges = [engine.exchange(stream=stream) for _ in range(REQUESTS)]
        whole = await cost(map(engine.answer, exchanges))
        rounds.append(whole - await cost(bare(stream=stream) for _ in range(REQUESTS)))
    return rounds


async def run() -> None:
    """Print every case."""
    print(f"CPU a request of the engine alone, microseconds: median (min to max) of {ROUNDS} rounds of {REQUESTS}")
    for strategy in (Strategy.ORDERED, Strategy.FASTEST, Strategy.BALANCED):
        for stream in (False, True):
            rounds = await measure(strategy, stream=stream)
            form = f"stream of {CHUNKS} chunks" if stream else "whole"
            print(
                f"  {strategy.value:<9} {form:<18} {statistics.median(rounds):6.1f}"
                f" ({min(rounds):.1f} to {max(rounds):.1f}), goal {GOAL:g}"
            )


if __name__ == "__main__":
    sys.exit(asyncio.Runner(loop_factory=uvloop.new_event_loop).run(run()))
