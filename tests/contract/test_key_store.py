"""What every store of idempotency keys keeps to, wherever it keeps them."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from chassis.tasks import Background
from resilience.clock import SystemClock
from services.gateway.adapters.memory_keys import MemoryKeys
from services.gateway.adapters.redis_keys import RedisKeys
from services.gateway.adapters.redis_link import RedisLink
from services.gateway.application.idempotency import Claim, KeyStore, Taken
from tests.stack.eventually import eventually
from tests.stack.redis import Redis

ASKED, OTHER = bytes(range(32)), bytes(32)
ANSWER = b"\x00answer\xff" * 100
LEASE = 2.0
"""Seconds: longer than a slow machine takes to renew it."""


def claim_of(key: str | None = None, fingerprint: bytes = ASKED) -> Claim:
    return Claim(key or os.urandom(16).hex(), fingerprint, os.urandom(16))


class Contract:
    """The tests; each store's class gives the fixture `store`."""

    async def test_of_many_who_claim_a_key_one_gets_it(self, store: KeyStore) -> None:
        first = claim_of()
        claims = [first, *(claim_of(first.key) for _ in range(20))]
        taken = await asyncio.gather(*(store.claim(claim, 10) for claim in claims))
        assert taken.count(None) == 1
        assert taken.count(Taken(ASKED, None)) == 20

    async def test_who_comes_later_is_told_what_was_asked(self, store: KeyStore) -> None:
        mine = claim_of()
        await store.claim(mine, 10)
        assert await store.claim(claim_of(mine.key, OTHER), 10) == Taken(ASKED, None)
        await store.finish(mine, ANSWER, 60)
        assert await store.claim(claim_of(mine.key, OTHER), 10) == Taken(ASKED, ANSWER)

    async def test_an_answer_is_given_again_as_often_as_it_is_asked_for(self, store: KeyStore) -> None:
        mine = claim_of()
        assert await store.claim(mine, 10) is None
        await store.finish(mine, ANSWER, 60)
        for _ in range(3):
            assert await store.claim(claim_of(mine.key), 10) == Taken(ASKED, ANSWER)

    async def test_a_key_that_is_given_back_is_free(self, store: KeyStore) -> None:
        mine, next_one = claim_of(), None
        await store.claim(mine, 10)
        await store.release(mine)
        await store.release(mine)
        next_one = claim_of(mine.key, OTHER)
        assert await store.claim(next_one, 10) is None

    async def test_the_key_of_one_who_died_is_free_when_the_lease_ends(self, store: KeyStore) -> None:
        mine = claim_of()
        await store.claim(mine, 0.2)

        async def free() -> bool:
            return await store.claim(claim_of(mine.key), 0.2) is None

        await eventually(free)

    async def test_a_lease_that_is_renewed_lasts(self, store: KeyStore) -> None:
        mine, clock = claim_of(), SystemClock()
        await store.claim(mine, LEASE)
        until = clock.monotonic() + 1.5 * LEASE
        while clock.monotonic() < until:
            await store.renew(mine, LEASE)
            assert await store.claim(claim_of(mine.key), 10) == Taken(ASKED, None)

    async def test_who_has_lost_a_key_can_neither_renew_nor_answer_nor_free_it(self, store: KeyStore) -> None:
        mine = claim_of()
        await store.claim(mine, 10)
        await store.release(mine)
        theirs = claim_of(mine.key)
        assert await store.claim(theirs, 10) is None
        await store.renew(mine, 10)
        await store.finish(mine, b"mine", 60)
        await store.release(mine)
        assert await store.claim(claim_of(mine.key), 10) == Taken(ASKED, None)
        await store.finish(theirs, ANSWER, 60)
        await store.finish(mine, b"mine", 60)
        await store.release(mine)
        assert await store.claim(claim_of(mine.key), 10) == Taken(ASKED, ANSWER)

    async def test_who_has_lost_a_key_to_nobody_has_it_again(self, store: KeyStore) -> None:
        mine = claim_of()
        await store.claim(mine, 10)
        await store.release(mine)
        await store.renew(mine, 10)
        assert await store.claim(claim_of(mine.key), 10) == Taken(ASKED, None)
        await store.release(mine)
        await store.finish(mine, ANSWER, 60)
        assert await store.claim(claim_of(mine.key), 10) == Taken(ASKED, ANSWER)

    async def test_an_answer_is_forgotten_when_its_time_is_over(self, store: KeyStore) -> None:
        mine = claim_of()
        await store.claim(mine, 10)
        await store.finish(mine, ANSWER, 0.2)

        async def forgotten() -> bool:
            return await store.claim(claim_of(mine.key), 0.2) is None

        await eventually(forgotten)

    async def test_the_same_claim_may_be_made_twice(self, store: KeyStore) -> None:
        mine = claim_of()
        assert [await store.claim(mine, 10), await store.claim(mine, 10)] == [None, None]


class TestMemoryKeys(Contract):
    @pytest.fixture
    def store(self) -> KeyStore:
        return MemoryKeys(SystemClock())


@pytest.mark.redis
class TestRedisKeys(Contract):
    @pytest.fixture
    async def store(self, redis: Redis) -> AsyncIterator[KeyStore]:
        async with Background() as background, RedisLink(redis.url, SystemClock(), deadline=2.0) as link:
            background.start("redis", link.run)
            await eventually(lambda: link.up)
            yield RedisKeys(link, SystemClock())
            assert link.up, "the suite ran on the local store"
