"""The shared limiter, while its Redis comes and goes."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median

import pytest
from redis.asyncio import Redis as Client
from structlog.testing import capture_logs

from chassis.tasks import Background
from resilience.clock import SystemClock
from resilience.limiter.lease import LIFE
from services.gateway.adapters.redis_limiter import RedisLimiter
from services.gateway.adapters.redis_link import DEADLINE, RedisLink
from services.gateway.domain.limits import Decision
from tests.stack.eventually import eventually
from tests.stack.ports import free_port
from tests.stack.redis import Redis

pytestmark = pytest.mark.redis


@dataclass(frozen=True)
class Limits:
    """A limiter and its way to Redis."""

    limiter: RedisLimiter
    link: RedisLink

    @property
    def shared(self) -> bool:
        return self.link.up

    async def acquire(self, subject: str, requests_per_minute: int) -> Decision:
        return await self.limiter.acquire(subject, requests_per_minute)


PLENTY = 100_000_000


@asynccontextmanager
async def linked(url: str, *, deadline: float = 5.0) -> AsyncIterator[RedisLink]:
    """The way to Redis as the gateway has it."""
    async with Background() as background, RedisLink(url, SystemClock(), deadline=deadline) as link:
        background.start("redis", link.run)
        yield link
        assert not background.failed.is_set()


@asynccontextmanager
async def running(url: str, *, expected_gateways: int = 1, deadline: float = 5.0) -> AsyncIterator[Limits]:
    """A limiter as the gateway runs it."""
    async with (
        linked(url, deadline=deadline) as link,
        Background() as background,
        RedisLimiter(link, SystemClock(), background, expected_gateways=expected_gateways) as limiter,
    ):
        background.start("limits", limiter.run)
        yield Limits(limiter, link)
        assert not background.failed.is_set()


async def test_several_gateways_keep_one_limit_together(redis: Redis) -> None:
    subject = uuid.uuid4().hex
    async with running(redis.url) as one, running(redis.url) as two:
        await eventually(lambda: one.shared and two.shared)
        decisions = await asyncio.gather(*(limiter.acquire(subject, 50) for _ in range(60) for limiter in (one, two)))
        # One comes back each 1.2 s; of two that know nothing of each other, a hundred would pass.
        assert 50 <= [decision.allowed for decision in decisions].count(True) < 60


async def test_what_is_remembered_vanishes_once_it_means_nothing(redis: Redis) -> None:
    subject = uuid.uuid4().hex
    async with running(redis.url) as limiter:
        await eventually(lambda: limiter.shared)
        decision = await limiter.acquire(subject, 60)
        async with Client.from_url(redis.url) as client:
            lasts = await client.pttl(f"seawall:limits:{subject}")
    assert 0 < lasts <= max(decision.reset, 2 * LIFE) * 1000 + 1


async def test_without_redis_each_gateway_keeps_its_share() -> None:
    async with running(f"redis://127.0.0.1:{free_port()}", expected_gateways=4) as limiter:
        passed = [(await limiter.acquire("a", 100)).allowed for _ in range(60)]
        assert passed.count(True) == 25
        assert not limiter.shared


async def test_a_redis_that_hangs_or_dies_costs_requests_next_to_nothing(private_redis: Redis) -> None:
    async with running(private_redis.url, deadline=DEADLINE) as limiter:
        await eventually(lambda: limiter.shared)
        async with Client.from_url(private_redis.url) as client:
            await client.client_pause(3000, all=True)
        waits = []
        with capture_logs() as logs:
            for _ in range(300):
                before = time.monotonic()
                assert (await limiter.acquire("a", PLENTY)).allowed
                waits.append(time.monotonic() - before)
            print(f"with a Redis that hangs: median {median(waits) * 1000:.2f} ms, longest {max(waits) * 1000:.0f} ms")
            assert median(waits) < DEADLINE, "more than a request now and then waited"
            await private_redis.kill()
            assert (await limiter.acquire("a", PLENTY)).allowed
            await private_redis.start()
            await eventually(lambda: limiter.shared)
        events = [entry["event"] for entry in logs]
        assert len(events) < 10, "it is told when Redis is lost and when it is back, and not for each request"


async def test_connections_that_died_with_redis_are_not_used_again(private_redis: Redis) -> None:
    async with running(private_redis.url) as limiter:
        await eventually(lambda: limiter.shared)
        await asyncio.gather(*(limiter.acquire("a", PLENTY) for _ in range(200)))
        await private_redis.kill()
        await private_redis.start()
        for _ in range(3):
            await eventually(lambda: limiter.shared)
            await asyncio.gather(*(limiter.acquire("a", PLENTY) for _ in range(200)))
        assert limiter.shared


async def test_an_answer_that_makes_no_sense_is_decided_locally(redis: Redis) -> None:
    subject = uuid.uuid4().hex
    async with running(redis.url) as limiter, Client.from_url(redis.url) as client:
        await eventually(lambda: limiter.shared)
        await client.lpush(f"seawall:limits:{subject}", "x")
        try:
            assert (await limiter.acquire(subject, 10)).allowed
        finally:
            await client.delete(f"seawall:limits:{subject}")
