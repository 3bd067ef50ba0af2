import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from events.requests import Cache, Outcome
from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Frame
from services.gateway.domain.options import Options
from services.gateway.domain.route import Continuation, Policy
from tests.unit.gateway.world import STREAM, WHOLE, Answer, World, vendor

T = TypeVar("T")

SHARED = Policy(single_flight=True, retries=0, hedge=False, continuation=Continuation.ERROR)
PAUSE = 3.0
REFUSED: Answer = [vendor(Reason.VENDOR_OVERLOADED)]


def world_of(*answers: Answer) -> World:
    return World({"alpha/small": list(answers), "beta/small": [REFUSED]}, policy=SHARED)


async def settled(world: World) -> None:
    """Let all that can run do so."""
    await world.clock.advance(0)


async def within_time(world: World, work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    for _ in range(200):
        if task.done():
            break
        await world.clock.advance(0.01)
    assert task.done()
    return await task


def asking(
    world: World, *, stream: bool = False, options: Options | None = None
) -> tuple[Exchange, "asyncio.Task[list[Frame]]"]:
    exchange = world.exchange(stream=stream, options=options)
    return exchange, asyncio.create_task(world.answer(exchange))


async def test_fifty_identical_requests_make_one_call_and_one_pays() -> None:
    world = world_of([PAUSE, *WHOLE])
    asked = [asking(world) for _ in range(50)]
    await settled(world)
    await world.clock.advance(PAUSE)
    answers = await asyncio.gather(*(task for _, task in asked))
    assert answers == [list(WHOLE)] * 50
    assert len(world.hop.asked) == 1
    exchanges = [exchange for exchange, _ in asked]
    assert [exchange.cache for exchange in exchanges] == [None, *[Cache.SHARED] * 49]
    assert [exchange.cost for exchange in exchanges] == [450_000, *[0] * 49]
    assert {exchange.target for exchange in exchanges} == {"alpha/small"}
    assert len(world.journal.records) == 50


async def test_who_comes_late_gets_what_was_sent_at_once_and_the_rest_as_it_comes() -> None:
    world = world_of([*STREAM[:2], PAUSE, *STREAM[2:]])
    first = world.frames(world.exchange(stream=True))
    assert [await anext(first), await anext(first)] == list(STREAM[:2])
    late = world.frames(world.exchange(stream=True))
    assert [await anext(late), await anext(late)] == list(STREAM[:2])
    waiting = asyncio.ensure_future(anext(late))
    await settled(world)
    assert not waiting.done()
    await world.clock.advance(PAUSE)
    assert await waiting == STREAM[2]
    assert [frame async for frame in late] == list(STREAM[3:])
    assert [frame async for frame in first] == list(STREAM[2:])
    assert len(world.hop.asked) == 1


async def test_one_who_comes_after_the_end_begins_anew() -> None:
    world = world_of(WHOLE)
    for _ in range(2):
        assert (await world.answer(world.exchange())) == list(WHOLE)
    assert len(world.hop.asked) == 2


async def test_whose_caller_leaves_the_work_goes_on_for_the_others_and_the_bill_is_right() -> None:
    world = world_of([*STREAM[:2], PAUSE, *STREAM[2:]])
    first, leaving = asking(world, stream=True)
    await settled(world)
    _, staying = asking(world, stream=True)
    await settled(world)
    leaving.cancel()
    await settled(world)
    assert not leaving.done(), "it stays for the bill"
    assert world.hop.closed == 0
    await world.clock.advance(PAUSE)
    assert await staying == list(STREAM)
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (first.outcome, first.cost, first.attempts[0].outcome) == (Outcome.CANCELLED, 450_000, Outcome.SUCCEEDED)
    assert len(world.hop.asked) == 1


async def test_the_last_to_leave_ends_the_call() -> None:
    world = world_of([*STREAM[:2], PAUSE])
    asked = [asking(world, stream=True) for _ in range(3)]
    await settled(world)
    for _, task in asked:
        assert world.hop.closed == 0
        task.cancel()
        await settled(world)
    assert world.hop.closed == 1
    assert all(task.cancelled() for _, task in asked)
    assert {exchange.outcome for exchange, _ in asked} == {Outcome.CANCELLED}


async def test_nobody_joins_work_that_is_being_ended() -> None:
    world = world_of([PAUSE], WHOLE)
    _, task = asking(world)
    await settled(world)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    assert await within_time(world, world.answer(world.exchange())) == list(WHOLE)
    assert len(world.hop.asked) == 2


async def test_where_the_first_fails_one_of_the_others_begins_once_more() -> None:
    world = world_of([PAUSE, *REFUSED], [0.1, *WHOLE])
    asked = [asking(world) for _ in range(10)]
    await settled(world)
    await world.clock.advance(PAUSE)
    done = await within_time(world, asyncio.wait([task for _, task in asked]))
    assert not done[1]
    with pytest.raises(Failure):
        asked[0][1].result()
    assert [task.result() for _, task in asked[1:]] == [list(WHOLE)] * 9
    assert [envelope.target.name for envelope in world.hop.asked].count("alpha/small") == 2
    assert [exchange.cache for exchange, _ in asked[1:]].count(None) == 1


async def test_where_the_second_fails_too_nobody_begins_a_third() -> None:
    world = world_of([PAUSE, *REFUSED], [0.1, *REFUSED])
    asked = [asking(world) for _ in range(10)]
    await settled(world)
    await world.clock.advance(PAUSE)
    await within_time(world, asyncio.wait([task for _, task in asked]))
    assert {task.exception().reason for _, task in asked} == {Reason.VENDOR_OVERLOADED}  # type: ignore[union-attr]
    assert [envelope.target.name for envelope in world.hop.asked].count("alpha/small") == 2


async def test_a_refusal_that_no_retry_can_change_is_everybodys() -> None:
    refusal = vendor(Reason.VENDOR_REJECTED, 400)
    refusal.retryable = False
    world = world_of([PAUSE, refusal])
    asked = [asking(world) for _ in range(3)]
    await settled(world)
    await world.clock.advance(PAUSE)
    await within_time(world, asyncio.wait([task for _, task in asked]))
    assert [task.exception() for _, task in asked] == [refusal] * 3
    assert len(world.hop.asked) == 1


async def test_what_breaks_off_after_its_beginning_breaks_off_for_all() -> None:
    world = world_of([*STREAM[:2], PAUSE, vendor(Reason.VENDOR_STREAM_CUT)], STREAM)
    streams = [world.frames(world.exchange(stream=True)) for _ in range(2)]
    for stream in streams:
        assert [await anext(stream), await anext(stream)] == list(STREAM[:2])
    await world.clock.advance(PAUSE)
    for stream in streams:
        with pytest.raises(Failure):
            await within_time(world, anext(stream))
    assert len([envelope for envelope in world.hop.asked if envelope.target.name == "alpha/small"]) == 1


async def test_one_who_waits_is_told_when_its_time_is_over() -> None:
    world = world_of([PAUSE, *WHOLE])
    _, patient = asking(world, options=Options(timeout=50))
    await settled(world)
    hasty, task = asking(world, options=Options(timeout=2))
    await settled(world)
    await world.clock.advance(2.1)
    with pytest.raises(Failure) as raised:
        await task
    assert (raised.value.reason, hasty.outcome) == (Reason.DEADLINE_EXCEEDED, Outcome.FAILED)
    await world.clock.advance(PAUSE)
    assert await patient == list(WHOLE)


async def test_one_who_may_wait_longer_than_the_first_begins_its_own() -> None:
    world = world_of([PAUSE, *WHOLE])
    _, hasty = asking(world, options=Options(timeout=2))
    await settled(world)
    patient, task = asking(world, options=Options(timeout=50))
    await settled(world)
    await world.clock.advance(PAUSE)
    assert await hasty == await task
    assert (len(world.hop.asked), patient.cache) == (2, None)


@pytest.mark.parametrize("options", [Options(no_store=True), Options(no_cache=True)])
async def test_who_wants_an_answer_of_its_own_shares_none(options: Options) -> None:
    world = world_of([PAUSE, *WHOLE])
    asked = [asking(world, options=options) for _ in range(2)]
    await settled(world)
    await world.clock.advance(PAUSE)
    await asyncio.gather(*(task for _, task in asked))
    assert len(world.hop.asked) == 2
