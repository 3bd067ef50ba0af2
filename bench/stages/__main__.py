"""`python -m bench.stages`: CPU of each stage of a whole answer, in microseconds, over a hop that answers at once.

The stages are all real, with a limit, prices, a breaker, hedging and a journal on disk; nothing else runs. One stage
sees many requests before the next one does, so that each is as warm as it can be. Printed are medians over the rounds.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.engine.ready import BODY, ReadyHop
from chassis import keys
from chassis.principal import Principal, Role
from events.requests import Outcome
from resilience.clock import SystemClock
from services.gateway.adapters.journal import Journal
from services.gateway.adapters.memory_limiter import MemoryLimiter
from services.gateway.application.admit import Admit
from services.gateway.application.answer import Answer
from services.gateway.application.attempt import AttemptTargets
from services.gateway.application.authenticate import Authenticate, Authenticator
from services.gateway.application.exchange import Exchange
from services.gateway.application.guard import Guard
from services.gateway.application.plan_request import PlanRequest
from services.gateway.application.settle import Settle
from services.gateway.application.shed import Shed
from services.gateway.domain.configuration import Configuration, DatedPrice, Key, Organization, Project
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.options import Options
from services.gateway.domain.pressure import Pressure
from services.gateway.domain.route import Capabilities, Policy, Route, Target
from services.gateway.domain.targets import Targets
from services.gateway.domain.usage import Price, Rates
from services.gateway.entrypoints.exchange import Exchanges

ROUNDS = 11
REQUESTS = 1500
PEPPER = b"a pepper of thirty-two bytes, so"
LIMIT = 1_000_000_000
ANY_TIME = datetime(2020, 1, 1, tzinfo=UTC)
PRICE = Price(Rates(250_000, 2_000_000, cached_input=25_000, cache_write=250_000, cache_write_1h=250_000))

Stage = Callable[[Exchange], Awaitable[None]]


class Line:
    """The stages, by their names, as the gateway has them."""

    def __init__(self, journal: Journal, clock: SystemClock) -> None:
        rng = random.Random(1)
        target = Target("alpha", "small")
        self.secret = keys.generate()
        organization = Organization(
            "acme",
            {"shop": Project(requests_per_minute=LIMIT)},
            providers={"alpha": Capabilities()},
            models={"chat": Route((target,), Policy())},
            prices={target.name: (DatedPrice(ANY_TIME, PRICE),)},
        )
        known = {keys.digest(self.secret, PEPPER): Key(Principal("acme", "shop", "ci", Role.DEVELOPER))}
        configuration = Configuration(organizations={"acme": organization}, keys=known)
        targets = Targets(clock, rng, lambda *_: None)
        pressure = Pressure(most=2 * REQUESTS)
        attempt, settle = AttemptTargets(ReadyHop(), targets, clock, rng), Settle(journal, clock)

        async def ask(exchange: Exchange) -> None:
            assert exchange.plan is not None
            exchange.stream = False
            await attempt(exchange, exchange.plan.steps)

        async def settled(exchange: Exchange) -> None:
            await settle(exchange, Outcome.SUCCEEDED)

        self.stages: dict[str, Stage] = {
            "authenticate": Authenticate(Authenticator(lambda: configuration, PEPPER, clock), lambda: configuration),
            "shed": Shed(pressure, rng),
            "admit": Admit(MemoryLimiter(clock), journal),
            "guard": Guard(),
            "plan": PlanRequest(targets, clock, rng),
            "attempt": ask,
            "settle": settled,
        }

        async def complete(_exchange: Exchange) -> Answer:
            raise AssertionError("the stages are asked one by one")

        self.exchanges = Exchanges(complete, pressure, clock)

    def open(self) -> Exchange:
        """A request as it comes."""
        opened = self.exchanges.open(
            secret=self.secret, body=BODY, stream=None, options=Options(), traceparent=None, dialect=OPENAI_CHAT
        )
        return opened.exchange


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    """One with a journal of its own."""
    clock = SystemClock()
    with TemporaryDirectory(prefix="seawall-bench-") as directory:
        async with Journal(Path(directory), max_bytes=2**30, clock=clock) as journal:
            yield Line(journal, clock)


async def measure(line: Line) -> dict[str, float]:
    """Microseconds of CPU a request, by stage."""
    cost: dict[str, float] = {}

    async def spent(stage: str, work: Iterable[Awaitable[None]]) -> None:
        began = time.process_time()
        for one in work:
            await one
        cost[stage] = (time.process_time() - began) / REQUESTS * 1e6

    began = time.process_time()
    exchanges = [line.open() for _ in range(REQUESTS)]
    cost["begin"] = (time.process_time() - began) / REQUESTS * 1e6
    for name, stage in line.stages.items():
        await spent(name, map(stage, exchanges))
    began = time.process_time()
    for exchange in exchanges:
        line.exchanges.end(exchange)
    cost["end"] = (time.process_time() - began) / REQUESTS * 1e6
    return cost


async def run() -> None:
    """Print every stage."""
    async with line() as measured:
        await measure(measured)
        rounds = [await measure(measured) for _ in range(ROUNDS)]
    print(f"CPU a request, microseconds: median (min to max) of {ROUNDS} rounds of {REQUESTS}")
    for stage in rounds[0]:
        seen = [cost[stage] for cost in rounds]
        print(f"  {stage:<14} {statistics.median(seen):6.1f} ({min(seen):.1f} to {max(seen):.1f})")
    sums = [sum(cost.values()) for cost in rounds]
    print(f"  {'all':<14} {statistics.median(sums):6.1f} ({min(sums):.1f} to {max(sums):.1f})")


if __name__ == "__main__":
    sys.exit(asyncio.Runner(loop_factory=uvloop.new_event_loop).run(run()))
