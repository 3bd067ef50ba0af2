"""What every rate limiter keeps to, whatever its counts live in."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from chassis.tasks import Background
from resilience.clock import SystemClock
from services.gateway.adapters.memory_limiter import MemoryLimiter
from services.gateway.adapters.redis_limiter import RedisLimiter
from services.gateway.adapters.redis_link import RedisLink
from services.gateway.domain.limits import RateLimiter
from tests.stack.eventually import eventually
from tests.stack.redis import Redis


def fresh() -> str:
    return f"test/{uuid.uuid4().hex}"


class Contract:
    """The tests; each limiter's class gives the fixture `limiter`."""

    async def test_exactly_the_limit_passes_at_once(self, limiter: RateLimiter) -> None:
        subject = fresh()
        decisions = await asyncio.gather(*(limiter.acquire(subject, 20) for _ in range(30)))
        assert [decision.allowed for decision in decisions].count(True) == 20
        assert {decision.limit for decision in decisions} == {20}

    async def test_remaining_counts_down_and_reset_says_when_all_is_back(self, limiter: RateLimiter) -> None:
        subject = fresh()
        decisions = [await limiter.acquire(subject, 5) for _ in range(6)]
        assert [decision.remaining for decision in decisions] == [4, 3, 2, 1, 0, 0]
        assert decisions[0].reset == pytest.approx(12, abs=1)
        assert decisions[5].reset == pytest.approx(60, abs=5)
        assert not decisions[5].allowed
        assert decisions[5].retry_after == pytest.approx(12, abs=5)

    async def test_subjects_do_not_count_for_each_other(self, limiter: RateLimiter) -> None:
        for subject in [fresh() for _ in range(3)]:
            assert (await limiter.acquire(subject, 1)).allowed
            assert not (await limiter.acquire(subject, 1)).allowed

    async def test_one_passes_again_after_retry_after_and_not_before(self, limiter: RateLimiter) -> None:
        subject, loop = fresh(), asyncio.get_running_loop()
        asked = loop.time()
        while (refused := await limiter.acquire(subject, 240)).allowed:
            asked = loop.time()
        told = loop.time()
        assert 0 < refused.retry_after <= 0.25
        while not (await limiter.acquire(subject, 240)).allowed:
            assert loop.time() < told + refused.retry_after + 5.0
        # It was decided between these two, and not when this process had its turn.
        assert loop.time() >= asked + refused.retry_after - 0.005

    async def test_a_raised_limit_holds_at_once(self, limiter: RateLimiter) -> None:
        subject = fresh()
        for _ in range(2):
            await limiter.acquire(subject, 2)
        assert not (await limiter.acquire(subject, 2)).allowed
        assert (await limiter.acquire(subject, 1200)).retry_after <= 0.05


class TestMemoryLimiter(Contract):
    @pytest.fixture
    def limiter(self) -> RateLimiter:
        return MemoryLimiter(SystemClock())


@pytest.mark.redis
class TestRedisLimiter(Contract):
    @pytest.fixture
    async def limiter(self, redis: Redis) -> AsyncIterator[RateLimiter]:
        async with (
            Background() as background,
            RedisLink(redis.url, SystemClock(), deadline=2.0) as link,
        ):
            background.start("redis", link.run)
            await eventually(lambda: link.up)
            async with RedisLimiter(link, SystemClock(), background) as limiter:
                background.start("limits", limiter.run)
                yield limiter
            assert link.up, "the suite ran on the local share"
