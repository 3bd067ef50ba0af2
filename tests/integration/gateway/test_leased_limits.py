"""Leases of limits, on a real Redis: its script does what the law says, and gateways that use it keep to the limit."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from random import Random

import pytest
from redis.asyncio import Redis as Client

from chassis.tasks import Background
from resilience.clock import SystemClock, VirtualClock
from resilience.limiter.gcra import Limit, decide
from resilience.limiter.lease import LIFE, PART, Ask
from services.gateway.adapters.limit_script import LimitScript
from services.gateway.adapters.redis_limiter import RedisLimiter
from services.gateway.adapters.redis_link import RedisLink
from tests.stack.eventually import eventually
from tests.stack.redis import Redis
from tests.unit.resilience.shared_limit import SharedLimit

pytestmark = pytest.mark.redis
GATEWAYS = 3


class Gateways:
    """Limiters of several gateways, on one virtual clock and one Redis."""

    def __init__(self, redis: Redis, links: AsyncExitStack) -> None:
        self.clock = VirtualClock()
        self.redis = redis
        self._links = links
        self.limiters: list[RedisLimiter] = []
        self.subject = uuid.uuid4().hex

    async def start(self, count: int, stack: AsyncExitStack) -> None:
        for _ in range(count):
            background = await self._links.enter_async_context(Background())
            link = await self._links.enter_async_context(RedisLink(self.redis.url, SystemClock(), deadline=5.0))
            background.start("redis", link.run)
            await eventually(partial(getattr, link, "up"), every=0.005)
            limiter = RedisLimiter(link, self.clock, background, expected_gateways=count, time=self.clock.monotonic)
            self.limiters.append(await stack.enter_async_context(limiter))

    async def ask(self, which: int, times: int, requests_per_minute: int) -> int:
        """How many of so many requests pass at this gateway."""
        decisions = [self.limiters[which].acquire(self.subject, requests_per_minute) for _ in range(times)]
        return [decision.allowed for decision in await asyncio.gather(*decisions)].count(True)

    async def round_trips(self) -> int:
        async with Client.from_url(self.redis.url) as client:
            return int((await client.info("commandstats")).get("cmdstat_evalsha", {"calls": 0})["calls"])


@pytest.fixture
async def gateways(private_redis: Redis) -> AsyncIterator[Gateways]:
    async with AsyncExitStack() as stack:
        yield Gateways(private_redis, stack)


@pytest.mark.parametrize("seed", range(5))
async def test_the_script_keeps_the_law_to_the_letter(redis: Redis, seed: int) -> None:
    rng, now, subject = Random(seed), 1000.0, uuid.uuid4().hex
    limit = Limit.per_minute(rng.choice([60, 600, 60_000]))
    law = SharedLimit(limit)
    async with Client.from_url(redis.url) as client:
        script = LimitScript(client, time=lambda: now)
        for step in range(300):
            now += rng.choice([0.0, 0.001, 0.1, 0.5, 3.0]) * rng.random()
            name = rng.choice("abc")
            ask = Ask(rng.randint(0, limit.burst // 9), rng.randint(0, 30), rng.randint(-30, limit.burst // 8))
            said, meant = await script(subject, name, limit, ask), law.answer(name, ask, now)
            assert (said.passed, said.held) == (meant.passed, meant.held), step
            assert said.ahead == pytest.approx(meant.ahead, abs=2e-6)
            assert said.over == pytest.approx(meant.over, abs=2e-6)


async def test_gateways_that_lease_let_no_more_pass_than_the_limit_and_hardly_less(gateways: Gateways) -> None:
    rng, limit = Random(1), Limit.per_minute(6000)
    passed, alone, by_itself = 0, 0.0, 0
    spent = float("-inf")
    async with AsyncExitStack() as stack:
        await gateways.start(GATEWAYS, stack)
        for load in (60.0, 10.0, 0.0, 400.0, 60.0, 400.0):
            for _ in range(200):
                await gateways.clock.advance(0.02)
                now = gateways.clock.monotonic()
                for which in range(GATEWAYS):
                    asked = int(load * 0.02 + rng.random())
                    for _ in range(asked):
                        alone, decision = decide(alone, now, limit)
                        by_itself += decision.allowed
                    for _ in range(await gateways.ask(which, asked, limit.requests_per_minute)):
                        passed += 1
                        spent = max(spent, now) + limit.interval
                        assert spent <= now + limit.tolerance + 1e-4
    print(f"{passed} passed, where one limit by itself lets {by_itself}; {await gateways.round_trips()} round trips")
    assert by_itself - limit.burst / PART <= passed


async def test_a_gateway_that_is_alone_gets_the_last_permit(gateways: Gateways) -> None:
    async with AsyncExitStack() as stack:
        await gateways.start(1, stack)
        passed = 0
        for _ in range(40):
            passed += await gateways.ask(0, 30, 600)
            await gateways.clock.advance(0.01)
        assert passed == 600 + int(39 * 0.01 * 10)


async def test_a_busy_project_asks_redis_a_few_times_a_second(gateways: Gateways) -> None:
    async with AsyncExitStack() as stack:
        await gateways.start(1, stack)
        for _ in range(50):  # until its rate is known
            await gateways.ask(0, 10, 600_000)
            await gateways.clock.advance(0.01)
        before = await gateways.round_trips()
        for _ in range(100):
            assert await gateways.ask(0, 10, 600_000) == 10
            await gateways.clock.advance(0.01)
        spent = await gateways.round_trips() - before
        print(f"{spent} round trips for 1000 requests")
        assert 3 <= spent <= 15


async def test_what_a_quiet_gateway_holds_is_given_back_and_so_is_what_one_holds_that_stops(gateways: Gateways) -> None:
    async with AsyncExitStack() as links, AsyncExitStack() as stack:
        await gateways.start(2, stack)
        background = await links.enter_async_context(Background())
        for limiter in gateways.limiters:
            background.start("limits", limiter.run)
        for _ in range(20):
            for which in range(2):
                await gateways.ask(which, 5, 6000)
            await gateways.clock.advance(0.02)
        async with Client.from_url(gateways.redis.url) as client:
            key = f"seawall:limits:{gateways.subject}"
            assert len(await client.hgetall(key)) == 3, "each of two holds a lease"

            async def quiet() -> bool:
                await gateways.clock.advance(LIFE / 10)
                return len(await client.hgetall(key)) == 1

            silent_since = gateways.clock.monotonic()
            await eventually(quiet, every=0.001)
            assert gateways.clock.monotonic() - silent_since <= 2 * LIFE
            for _ in range(20):
                await gateways.ask(0, 5, 6000)
                await gateways.clock.advance(0.02)
            assert len(await client.hgetall(key)) == 2
            await stack.aclose()
            assert len(await client.hgetall(key)) == 1


async def test_a_changed_limit_holds_at_once_though_a_lease_of_the_old_one_is_held(gateways: Gateways) -> None:
    async with AsyncExitStack() as stack:
        await gateways.start(1, stack)
        for _ in range(20):
            await gateways.ask(0, 5, 6000)
            await gateways.clock.advance(0.02)
        assert await gateways.ask(0, 200, 60) <= 60


async def test_a_caller_that_leaves_while_redis_is_asked_takes_nobody_with_it(gateways: Gateways) -> None:
    async with AsyncExitStack() as stack:
        await gateways.start(1, stack)
        one, two = (asyncio.ensure_future(gateways.ask(0, 1, 600)) for _ in range(2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        one.cancel()
        assert await two == 1
        assert await gateways.ask(0, 1, 600) == 1
