"""What every store of responses keeps to, wherever it keeps them."""

import uuid
from collections.abc import AsyncIterator

import pytest

from chassis.tasks import Background
from resilience.clock import SystemClock
from resilience.errors import Failure, Reason
from services.gateway.adapters.memory_responses import MAX_RESPONSE_BYTES, MemoryResponses
from services.gateway.adapters.redis_link import RedisLink
from services.gateway.adapters.redis_responses import RedisResponses
from services.gateway.application.responses import ResponseStore
from services.gateway.domain.dialects.openai_responses.kept import KeptResponse
from tests.stack.eventually import eventually
from tests.stack.redis import Redis

KEPT = KeptResponse('{"output":[],"text":"Hél"}'.encode(), b"[1,2]")


def fresh() -> str:
    return f"acme/shop/test-{uuid.uuid4().hex}"


class Contract:
    """The tests; each store's class gives the fixture `store`."""

    async def test_what_is_kept_is_found_as_it_was(self, store: ResponseStore) -> None:
        key = fresh()
        assert await store.find(key) is None
        await store.keep(key, KEPT, 60)
        assert await store.find(key) == KEPT

    async def test_what_is_removed_is_gone_and_was_there_once(self, store: ResponseStore) -> None:
        key = fresh()
        await store.keep(key, KEPT, 60)
        assert await store.remove(key)
        assert await store.find(key) is None
        assert not await store.remove(key)

    async def test_it_is_gone_when_its_time_is_over(self, store: ResponseStore) -> None:
        key = fresh()
        await store.keep(key, KEPT, 0.2)
        assert await store.find(key) is not None

        async def gone() -> bool:
            return await store.find(key) is None

        await eventually(gone, within=5)

    async def test_a_response_that_is_too_large_is_not_kept(self, store: ResponseStore) -> None:
        key = fresh()
        await store.keep(key, KeptResponse(bytes(MAX_RESPONSE_BYTES), b"[1]"), 60)
        assert await store.find(key) is None


class TestMemoryResponses(Contract):
    @pytest.fixture
    def store(self) -> ResponseStore:
        return MemoryResponses(SystemClock())

    async def test_the_one_used_longest_ago_is_forgotten_first(self) -> None:
        store = MemoryResponses(SystemClock(), max_entries=2)
        for key in "ab":
            await store.keep(key, KEPT, 60)
        await store.find("a")
        await store.keep("c", KEPT, 60)
        assert [key for key in "abc" if await store.find(key)] == ["a", "c"]


@pytest.mark.redis
class TestRedisResponses(Contract):
    @pytest.fixture
    async def store(self, redis: Redis) -> AsyncIterator[ResponseStore]:
        async with Background() as background, RedisLink(redis.url, SystemClock(), deadline=2.0) as link:
            background.start("redis", link.run)
            await eventually(lambda: link.up)
            yield RedisResponses(link, SystemClock())
            assert link.up, "the suite ran on the local store"


async def test_without_redis_a_gateway_knows_what_it_kept_and_says_that_it_cannot_know_more() -> None:
    async with RedisLink("redis://127.0.0.1:1", SystemClock(), deadline=0.2) as link:
        store = RedisResponses(link, SystemClock())
        await store.keep("mine", KEPT, 60)
        assert await store.find("mine") == KEPT
        for ask in (store.find, store.remove):
            with pytest.raises(Failure) as away:
                await ask("another")
            assert away.value.reason is Reason.UNAVAILABLE
            assert away.value.retryable
