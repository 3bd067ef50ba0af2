"""Gateways that keep answers and idempotency keys together in Redis, while it is there and while it is not."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from pyqwest import Client

from chassis import keys
from chassis.http import HttpServer
from chassis.principal import Principal, Role
from chassis.tasks import Background
from resilience.clock import Clock, SystemClock, VirtualClock
from services.gateway.adapters.redis_answers import PREFIX, RedisAnswers
from services.gateway.adapters.redis_keys import DEADLINE as KEY_DEADLINE
from services.gateway.adapters.redis_keys import RedisKeys
from services.gateway.adapters.redis_link import RedisLink
from services.gateway.application.answer_once import AnswerOnce
from services.gateway.application.answers import StoredAnswer
from services.gateway.application.authenticate import Authenticator
from services.gateway.application.idempotency import Claim, Taken
from services.gateway.application.ports import Frame
from services.gateway.domain.configuration import Configuration, Key
from services.gateway.entrypoints.http.endpoint import Chunk, Endpoint, Reply, Request, Streamed
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.ports import free_port
from tests.stack.redis import Redis

pytestmark = pytest.mark.redis

PEPPER = b"p" * 32
SECRET = keys.generate()
CONFIGURATION = Configuration(keys={keys.digest(SECRET, PEPPER): Key(Principal("acme", "shop", "ci", Role.DEVELOPER))})
ANSWER = StoredAnswer((Frame(b"{}", finish_reason="stop", end=True),), datetime.now(UTC))


@dataclass
class Upstream:
    """What the gateways ask: slow, and counted."""

    begun: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def answer(self, request: Request) -> "AsyncIterator[Upstream]":
        yield self

    async def reply(self) -> Reply:
        self.begun += 1
        number = self.begun
        await asyncio.wait_for(self.ended.wait(), PATIENCE)
        return Streamed(200, ((b"content-type", b"text/event-stream"),), self._chunks(number))

    async def _chunks(self, number: int) -> AsyncGenerator[Chunk, None]:
        for part in range(20):
            yield Chunk(b"data: %d of %d\n\n" % (part, number))
        yield Chunk(b"data: [DONE]\n\n", last=True, kept=True)


@asynccontextmanager
async def gateway(link: RedisLink, upstream: Upstream) -> AsyncIterator[str]:
    """Its chat endpoint's URL."""
    clock = SystemClock()
    authenticator = Authenticator(lambda: CONFIGURATION, PEPPER, clock)
    endpoint = Endpoint(
        upstream.answer, AnswerOnce(RedisKeys(link, clock), authenticator, clock, ttl=60), max_body=10_000
    )
    async with HttpServer(endpoint, "127.0.0.1:0", drain=1) as server:
        yield f"http://127.0.0.1:{server.port}/v1/chat/completions"


@asynccontextmanager
async def linked(url: str, *, deadline: float = 5.0, clock: Clock | None = None) -> AsyncIterator[RedisLink]:
    """The way to Redis; on a `clock` that stands still it looks once, and not again at a Redis that was away."""
    async with Background() as background, RedisLink(url, clock or SystemClock(), deadline=deadline) as link:
        background.start("redis", link.run)
        yield link
        assert not background.failed.is_set()


async def ask(url: str, key: str, body: bytes = b"{}") -> tuple[int, bytes, bool]:
    headers = {"authorization": f"Bearer {SECRET}", "idempotency-key": key}
    answer = await asyncio.wait_for(Client().post(url, headers, body), PATIENCE)
    return answer.status, bytes(answer.content), answer.headers.get("idempotent-replayed") == "true"


async def test_fifty_equals_at_two_gateways_make_one_call(redis: Redis) -> None:
    upstream, key = Upstream(), uuid.uuid4().hex
    async with AsyncExitStack() as stack:
        links = [await stack.enter_async_context(linked(redis.url)) for _ in range(2)]
        await eventually(lambda: all(link.up for link in links))
        urls = [await stack.enter_async_context(gateway(link, upstream)) for link in links]
        asking = [asyncio.create_task(ask(urls[number % 2], key)) for number in range(50)]
        await eventually(lambda: upstream.begun)
        upstream.ended.set()
        answers = await asyncio.gather(*asking)
        assert upstream.begun == 1
        assert {(status, body) for status, body, _ in answers} == {(200, answers[0][1])}
        assert answers[0][1].endswith(b"data: [DONE]\n\n")
        assert [replayed for _, _, replayed in answers].count(False) == 1
        for url in urls:
            assert await ask(url, key) == (200, answers[0][1], True)
        assert all(link.up for link in links)


async def test_without_redis_each_gateway_keeps_its_own_keys() -> None:
    upstream, key = Upstream(), uuid.uuid4().hex
    upstream.ended.set()
    async with linked(f"redis://127.0.0.1:{free_port()}") as link, gateway(link, upstream) as url:
        first = await ask(url, key)
        assert await ask(url, key) == (200, first[1], True)
        assert upstream.begun == 1


async def test_what_was_answered_while_redis_was_away_is_known_when_it_is_back(private_redis: Redis) -> None:
    async with linked(private_redis.url) as link:
        store = RedisKeys(link, SystemClock())
        await eventually(lambda: link.up)
        during, after = (Claim(uuid.uuid4().hex, bytes(32), bytes([number]) * 16) for number in range(2))
        await private_redis.kill()
        assert await store.claim(during, 10) is None
        await store.finish(during, b"answer", 60)
        assert not link.up
        await private_redis.start()
        await eventually(lambda: link.up)
        again = Claim(during.key, bytes(32), b"x" * 16)
        assert await store.claim(again, 10) == Taken(bytes(32), b"answer")
        assert await store.claim(after, 10) is None
        assert link.up


async def test_a_claim_made_in_redis_is_answered_though_redis_dies(private_redis: Redis) -> None:
    async with linked(private_redis.url) as link:
        store = RedisKeys(link, SystemClock())
        await eventually(lambda: link.up)
        claim = Claim(uuid.uuid4().hex, bytes(32), b"1" * 16)
        assert await store.claim(claim, 10) is None
        await private_redis.kill()
        await store.renew(claim, 10)
        await store.finish(claim, b"answer", 60)
        assert await store.claim(Claim(claim.key, bytes(32), b"2" * 16), 10) == Taken(bytes(32), b"answer")


async def test_keys_are_found_before_redis_was_looked_at_for_the_first_time(redis: Redis) -> None:
    answered = Claim(uuid.uuid4().hex, bytes(32), b"1" * 16)
    async with linked(redis.url) as link:
        await eventually(lambda: link.up)
        await RedisKeys(link, SystemClock()).finish(answered, b"answer", 60)
    async with RedisLink(redis.url, SystemClock()) as starting:
        store = RedisKeys(starting, SystemClock())
        again = Claim(answered.key, bytes(32), b"2" * 16)
        assert await store.claim(again, 10) == Taken(bytes(32), b"answer")


async def test_keys_are_found_while_a_late_answer_keeps_others_from_asking(private_redis: Redis) -> None:
    clock, answered = SystemClock(), Claim(uuid.uuid4().hex, bytes(32), b"1" * 16)
    async with (
        linked(private_redis.url, deadline=0.05, clock=VirtualClock()) as link,
        linked(private_redis.url) as others,
    ):
        await eventually(lambda: link.up and others.up)
        await RedisKeys(others, clock).finish(answered, b"answer", 60)
        await link.redis.client_pause(150, all=True)
        assert await RedisAnswers(link, clock).find("a") is None
        assert not link.up
        again = Claim(answered.key, bytes(32), b"2" * 16)
        assert await RedisKeys(link, clock).claim(again, 10) == Taken(bytes(32), b"answer")
        assert not link.up


@pytest.mark.parametrize("turns", range(4))
async def test_keys_are_found_by_a_gateway_that_was_itself_held_up(redis: Redis, turns: int) -> None:
    clock, answered = SystemClock(), Claim(uuid.uuid4().hex, bytes(32), b"1" * 16)
    async with linked(redis.url) as link, linked(redis.url) as others:
        await eventually(lambda: link.up and others.up)
        await RedisKeys(others, clock).finish(answered, b"answer", 60)
        again = Claim(answered.key, bytes(32), b"2" * 16)
        claiming = asyncio.create_task(RedisKeys(link, clock).claim(again, 10))
        for _ in range(turns):
            await asyncio.sleep(0)
        time.sleep(2 * KEY_DEADLINE)  # noqa: ASYNC251 - the whole loop is held up, as on a machine that is too busy
        assert await claiming == Taken(bytes(32), b"answer")
        assert link.up


async def test_one_patient_look_at_a_redis_that_hangs_is_enough(private_redis: Redis) -> None:
    clock, loop = SystemClock(), asyncio.get_running_loop()
    async with RedisLink(private_redis.url, clock) as link, linked(private_redis.url) as others:
        await eventually(lambda: others.up)
        await others.redis.client_pause(30_000, all=True)
        store, began = RedisKeys(link, clock), loop.time()
        for number in range(10):
            assert await store.claim(Claim(uuid.uuid4().hex, bytes(32), bytes([number]) * 16), 10) is None
        assert loop.time() - began < 5 * KEY_DEADLINE, "only the first one waited"


async def test_who_lost_a_key_to_another_gateway_does_not_keep_its_own_answer(redis: Redis) -> None:
    clock, key = SystemClock(), uuid.uuid4().hex
    slow, quick = (Claim(key, bytes(32), bytes([number]) * 16) for number in range(2))
    async with linked(redis.url) as link, linked(redis.url) as others:
        await eventually(lambda: link.up and others.up)
        mine, theirs = RedisKeys(link, clock), RedisKeys(others, clock)
        assert await theirs.claim(quick, 10) is None
        await theirs.finish(quick, b"theirs", 60)
        await mine.finish(slow, b"mine", 60)
        assert await mine.claim(Claim(key, bytes(32), b"3" * 16), 10) == Taken(bytes(32), b"theirs")


async def test_answers_are_found_by_the_other_gateway(redis: Redis) -> None:
    key = uuid.uuid4().hex
    async with linked(redis.url) as one, linked(redis.url) as two:
        await eventually(lambda: one.up and two.up)
        await RedisAnswers(one, SystemClock()).keep(key, ANSWER, 60)
        assert await RedisAnswers(two, SystemClock()).find(key) == ANSWER


async def test_a_redis_that_hangs_costs_a_look_up_its_deadline_and_no_failure(private_redis: Redis) -> None:
    async with linked(private_redis.url, deadline=0.05) as link:
        store, loop = RedisAnswers(link, SystemClock()), asyncio.get_running_loop()
        await eventually(lambda: link.up)
        await link.redis.client_pause(30_000, all=True)
        began = loop.time()
        assert await store.find("a") is None
        await store.keep("a", ANSWER, 60)
        assert await store.find("a") == ANSWER, "it is kept here meanwhile"
        assert loop.time() - began < 10.0, "it did not wait until Redis went on"


async def test_what_cannot_be_read_is_not_there(redis: Redis) -> None:
    key = uuid.uuid4().hex
    async with linked(redis.url) as link:
        await eventually(lambda: link.up)
        for nonsense in (b"", b"nonsense", b"\x92\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\x90"):
            await link.redis.set(PREFIX + key, nonsense, ex=10)
            assert await RedisAnswers(link, SystemClock()).find(key) is None
        assert link.up
