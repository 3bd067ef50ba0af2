import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from chassis import keys
from chassis.principal import Principal, Role
from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from services.gateway.adapters.memory_keys import MemoryKeys
from services.gateway.application.answer_once import (
    DETERMINISTIC,
    LEASE,
    MAX_ANSWER_BYTES,
    PATIENCE,
    AnswerOnce,
    Keyed,
    Part,
    Parts,
    is_final,
)
from services.gateway.application.authenticate import Authenticator
from services.gateway.domain.configuration import Configuration, Key

T = TypeVar("T")

PEPPER = b"p" * 32
SHOP, OTHER, VIEWER = (keys.generate() for _ in range(3))
PRINCIPALS = {
    SHOP: Principal("acme", "shop", "ci", Role.DEVELOPER),
    OTHER: Principal("acme", "other", "ci", Role.DEVELOPER),
    VIEWER: Principal("acme", "shop", "eyes", Role.VIEWER),
}
CONFIGURATION = Configuration(keys={keys.digest(key, PEPPER): Key(of) for key, of in PRINCIPALS.items()})
DAY = 86_400.0


@dataclass
class Work:
    """What answers: waits before each of its parts, and counts."""

    clock: VirtualClock
    parts: list[Part | Exception] = field(default_factory=lambda: [Part(b"he"), Part(b"llo", last=True, kept=True)])
    pause: float = 1.0
    begun: int = 0
    closed: int = 0

    async def __call__(self) -> Parts:
        self.begun += 1
        try:
            for part in self.parts:
                await self.clock.sleep(self.pause)
                if isinstance(part, Exception):
                    raise part
                yield part
        finally:
            self.closed += 1


class World:
    """Gateways that keep their keys together."""

    def __init__(self, gateways: int = 1) -> None:
        self.clock = VirtualClock()
        self.store = MemoryKeys(self.clock)
        authenticator = Authenticator(lambda: CONFIGURATION, PEPPER, self.clock)
        self.gateways = [AnswerOnce(self.store, authenticator, self.clock, ttl=DAY) for _ in range(gateways)]
        self.work = Work(self.clock)

    async def ask(
        self,
        key: str = "k",
        *,
        body: bytes = b"{}",
        path: str = "/v1/chat/completions",
        secret: str = SHOP,
        patience: float | None = None,
        gateway: int = 0,
        work: Work | None = None,
    ) -> tuple[bool, list[bytes]]:
        keyed = Keyed(secret, key, path, body, patience)
        async with self.gateways[gateway](keyed, work or self.work) as reply:
            return reply.replayed, [part.data async for part in reply.parts]

    async def run(self, *asked: Coroutine[Any, Any, T], seconds: float = 100.0) -> list[T | BaseException]:
        tasks = [asyncio.ensure_future(one) for one in asked]
        for _ in range(int(seconds / 0.25)):
            if all(task.done() for task in tasks):
                break
            await self.clock.advance(0.25)
        return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)

    async def one(self, asked: Coroutine[Any, Any, T]) -> T:
        (answer,) = await self.run(asked)
        if isinstance(answer, BaseException):
            raise answer
        return answer


ANSWER = [b"he", b"llo"]


async def test_fifty_equals_make_one_call_and_get_the_same_bytes() -> None:
    world = World()
    answers = await world.run(*(world.ask() for _ in range(50)))
    assert answers == [(False, ANSWER), *[(True, ANSWER)] * 49]
    assert world.work.begun == 1


async def test_fifty_equals_at_two_gateways_make_one_call() -> None:
    world = World(gateways=2)
    answers = await world.run(*(world.ask(gateway=number % 2) for number in range(50)))
    assert [data for _, data in answers] == [ANSWER] * 50  # type: ignore[misc]
    assert [replayed for replayed, _ in answers].count(False) == 1  # type: ignore[misc]
    assert world.work.begun == 1


async def test_an_answer_is_given_again_for_a_day() -> None:
    world = World()
    await world.one(world.ask())
    await world.clock.advance(DAY - 10)
    assert await world.one(world.ask()) == (True, ANSWER)
    await world.clock.advance(10)
    assert await world.one(world.ask()) == (False, ANSWER)


@pytest.mark.parametrize("under_way", [True, False])
async def test_the_same_key_with_another_body_is_refused(under_way: bool) -> None:
    world = World()
    first = asyncio.ensure_future(world.ask())
    await world.clock.advance(0.5 if under_way else 10)
    with pytest.raises(Failure) as raised:
        await world.one(world.ask(body=b"[]"))
    assert (raised.value.reason, raised.value.detail) == (Reason.IDEMPOTENCY_KEY_REUSED, {"param": "idempotency-key"})
    await world.run(*[])
    await world.clock.advance(10)
    assert await first == (False, ANSWER)


async def test_a_key_counts_within_its_project_and_path() -> None:
    world = World()
    others = [world.ask(body=b"1"), world.ask(body=b"2", secret=OTHER), world.ask(body=b"3", path="/v1/embeddings")]
    assert await world.run(*others) == [(False, ANSWER)] * 3


async def test_a_key_of_the_project_gets_its_answers_only_if_it_may_call_models() -> None:
    world = World()
    await world.one(world.ask())
    for secret, reason in ((VIEWER, Reason.PERMISSION_DENIED), ("sw_wrong", Reason.UNAUTHENTICATED)):
        with pytest.raises(Failure) as raised:
            await world.one(world.ask(secret=secret))
        assert raised.value.reason is reason


async def test_parts_reach_those_who_wait_as_they_come() -> None:
    world = World()
    first, second = (asyncio.ensure_future(world.ask()) for _ in range(2))
    await world.clock.advance(1.5)
    keyed = Keyed(SHOP, "k", "/v1/chat/completions", b"{}", None)
    async with world.gateways[0](keyed, world.work) as reply:
        assert await anext(reply.parts) == Part(b"he")
        last = asyncio.ensure_future(anext(reply.parts))
        await world.clock.advance(0.1)
        assert not last.done()
        await world.clock.advance(1)
        assert await last == Part(b"llo", last=True, kept=True)
    assert await first == (False, ANSWER)
    assert await second == (True, ANSWER)


@pytest.mark.parametrize("gateway", [0, 1])
async def test_one_who_waits_too_long_is_told_that_it_is_under_way(gateway: int) -> None:
    world = World(gateways=2)
    world.work.pause = 200
    working = asyncio.ensure_future(world.ask())
    for patience, seconds in ((3.0, 3.0), (None, PATIENCE)):
        await world.clock.advance(0)
        waiting = asyncio.ensure_future(world.ask(patience=patience, gateway=gateway))
        await world.clock.advance(seconds - 0.5)
        assert not waiting.done()
        await world.clock.advance(1)
        with pytest.raises(Failure) as raised:
            await waiting
        assert raised.value.reason is Reason.IDEMPOTENCY_KEY_IN_FLIGHT
        assert raised.value.retry_after == 1
    assert world.work.begun == 1
    working.cancel()
    await asyncio.wait([working])


@pytest.mark.parametrize(
    "parts",
    [
        [Part(b"head"), Part(b"error", last=True)],
        [Part(b"head"), Failure(Reason.VENDOR_STREAM_CUT, "cut")],
        [ZeroDivisionError()],
        [Part(bytes(MAX_ANSWER_BYTES)), Part(b"more", last=True, kept=True)],
    ],
    ids=["may pass", "broke off", "a fault of ours", "too large"],
)
async def test_what_is_not_kept_leaves_the_key_free(parts: list[Part | Exception]) -> None:
    world = World()
    (failed,) = await world.run(world.ask(work=Work(world.clock, parts)))
    assert isinstance(failed, Exception) == isinstance(parts[-1], Exception)
    assert await world.one(world.ask(body=b"other")) == (False, ANSWER)


async def test_the_key_is_free_before_the_end_of_a_failure_is_seen() -> None:
    world = World()
    failing = Work(world.clock, [Part(b"head"), Part(b"error", last=True)])
    keyed = Keyed(SHOP, "k", "/v1/chat/completions", b"{}", None)

    async def ask_again_at_once() -> tuple[bool, list[bytes]]:
        async with world.gateways[0](keyed, failing) as reply:
            async for part in reply.parts:
                if part.last:
                    return await world.ask(body=b"other")
        raise AssertionError

    assert await world.one(ask_again_at_once()) == (False, ANSWER)


async def test_whose_caller_leaves_the_work_goes_on_for_the_others() -> None:
    world = World()
    leaving, staying = (asyncio.ensure_future(world.ask()) for _ in range(2))
    await world.clock.advance(0.5)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert world.work.closed == 0
    await world.clock.advance(10)
    assert await staying == (True, ANSWER)
    assert world.work.begun == 1


async def test_the_last_to_leave_ends_the_work_and_frees_the_key() -> None:
    world = World()
    asked = [asyncio.ensure_future(world.ask()) for _ in range(3)]
    await world.clock.advance(1.5)
    for task in asked:
        assert world.work.closed == 0
        task.cancel()
        await asyncio.wait([task])
    assert world.work.closed == 1
    assert await world.one(world.ask(body=b"other")) == (False, ANSWER)


async def test_one_who_comes_while_the_work_is_being_ended_is_answered_anew() -> None:
    world = World()
    leaving = asyncio.ensure_future(world.ask())
    await world.clock.advance(0.5)
    leaving.cancel()
    await asyncio.sleep(0)
    assert not leaving.done()
    assert await world.one(world.ask()) == (False, ANSWER)


async def test_one_at_another_gateway_takes_over_where_the_first_ones_caller_leaves() -> None:
    world = World(gateways=2)
    leaving = asyncio.ensure_future(world.ask())
    await world.clock.advance(0.5)
    staying = asyncio.ensure_future(world.ask(gateway=1))
    await world.clock.advance(0.1)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert await world.one(asyncio.wait_for(staying, 50)) == (False, ANSWER)
    assert world.work.begun == 2


async def test_the_key_of_a_gateway_that_died_is_taken_over_when_its_lease_ends() -> None:
    world = World(gateways=2)
    dead = Work(world.clock, pause=10_000)
    dying = asyncio.ensure_future(world.ask(work=dead))
    await world.clock.advance(30)
    waiting = asyncio.ensure_future(world.ask(gateway=1))
    await world.clock.advance(LEASE + 1)
    assert world.work.begun == 0, "the lease is renewed while the gateway lives"
    for task in asyncio.all_tasks():
        if task.get_name() == "idempotency key":
            task.cancel()
    await world.clock.advance(LEASE + 5)
    assert await waiting == (False, ANSWER)
    dying.cancel()
    await asyncio.wait([dying])
    assert await world.one(world.ask()) == (True, ANSWER)


def test_only_refusals_that_a_retry_cannot_change_are_final() -> None:
    for reason in Reason:
        assert is_final(Failure(reason, "")) == (reason in DETERMINISTIC)
        assert not is_final(Failure(reason, "", retryable=True))
