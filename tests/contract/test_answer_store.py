"""What every store of answers keeps to, wherever it keeps them."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from chassis.tasks import Background
from resilience.clock import SystemClock
from services.gateway.adapters.memory_answers import MAX_ANSWER_BYTES, MemoryAnswers
from services.gateway.adapters.redis_answers import RedisAnswers
from services.gateway.adapters.redis_link import RedisLink
from services.gateway.application.answers import AnswerStore, StoredAnswer
from services.gateway.application.ports import Frame
from services.gateway.domain.usage import Usage
from tests.stack.eventually import eventually
from tests.stack.redis import Redis

THEN = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
ANSWER = StoredAnswer(
    (
        Frame(b'{"delta":"H\xc3\xa9l"}', text="Hél", dropped=("top_k", "seed")),
        Frame(b"\x00\xff", finish_reason="stop"),
        Frame(usage=Usage(1, 2, 3, 4, 5), end=True),
    ),
    THEN,
)


def fresh() -> str:
    return f"test-{uuid.uuid4().hex}"


class Contract:
    """The tests; each store's class gives the fixture `store`."""

    async def test_what_is_kept_is_found_as_it_was(self, store: AnswerStore) -> None:
        key = fresh()
        assert await store.find(key) is None
        await store.keep(key, ANSWER, 60)
        assert await store.find(key) == ANSWER

    async def test_a_later_answer_replaces_an_earlier_one(self, store: AnswerStore) -> None:
        key = fresh()
        await store.keep(key, ANSWER, 60)
        later = StoredAnswer((Frame(b"{}", end=True),), THEN)
        await store.keep(key, later, 60)
        assert await store.find(key) == later

    async def test_it_is_gone_when_its_time_is_over(self, store: AnswerStore) -> None:
        key = fresh()
        await store.keep(key, ANSWER, 0.2)
        assert await store.find(key) is not None

        async def gone() -> bool:
            return await store.find(key) is None

        await eventually(gone)

    async def test_an_answer_that_is_too_large_is_not_kept(self, store: AnswerStore) -> None:
        key = fresh()
        await store.keep(key, StoredAnswer((Frame(bytes(MAX_ANSWER_BYTES)),), THEN), 60)
        assert await store.find(key) is None


class TestMemoryAnswers(Contract):
    @pytest.fixture
    def store(self) -> AnswerStore:
        return MemoryAnswers(SystemClock())


@pytest.mark.redis
class TestRedisAnswers(Contract):
    @pytest.fixture
    async def store(self, redis: Redis) -> AsyncIterator[AnswerStore]:
        async with Background() as background, RedisLink(redis.url, SystemClock(), deadline=2.0) as link:
            background.start("redis", link.run)
            await eventually(lambda: link.up)
            yield RedisAnswers(link, SystemClock())
            assert link.up, "the suite ran on the local store"
