import asyncio
import json
from typing import Any

import pytest

from events.requests import Cache
from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Degraded, Exchange
from services.gateway.application.ports import Frame
from services.gateway.domain.options import Options
from services.gateway.domain.route import CachePolicy, Continuation, Degradation, Policy
from tests.unit.gateway.world import BETA, STREAM, USAGE, WHOLE, Answer, World, vendor

CACHED = Policy(cache=CachePolicy(ttl=60, stale=600), retries=0)
CUT: Answer = [*STREAM[:2], vendor(Reason.VENDOR_STREAM_CUT)]
DOWN: Answer = [vendor(Reason.VENDOR_OVERLOADED)]


def whole(*finish_reasons: str) -> Answer:
    data = json.dumps({"choices": [{"finish_reason": reason} for reason in finish_reasons]}).encode()
    return [Frame(data=data, finish_reason=finish_reasons[0], usage=USAGE, end=True)]


def world_of(*answers: Answer, policy: Policy = CACHED) -> World:
    return World({"alpha/small": list(answers), "beta/small": [DOWN]}, policy=policy)


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "chat", "messages": [{"role": "user", "content": "hi"}], **fields}).encode()


async def ask(
    world: World, asked: bytes | None = None, *, stream: bool = False, options: Options | None = None
) -> tuple[Exchange, list[Frame]]:
    exchange = world.exchange(asked or body(), stream=stream, options=options)
    answer = asyncio.ensure_future(world.answer(exchange))
    for _ in range(100):
        if answer.done():
            break
        await world.clock.advance(0.01)
    return exchange, await answer


@pytest.mark.parametrize(("answer", "stream"), [(WHOLE, False), (STREAM, True)], ids=["whole", "streamed"])
async def test_the_same_request_gets_the_same_answer_without_a_call_and_for_nothing(
    answer: Answer, stream: bool
) -> None:
    world = world_of(answer)
    first, _ = await ask(world, stream=stream)
    await world.clock.advance(7)
    second, frames = await ask(world, stream=stream)
    assert frames == list(answer)
    assert len(world.hop.asked) == 1
    assert (first.cache, second.cache, second.cost) == (None, Cache.EXACT, 0)
    assert second.age == pytest.approx(7, abs=0.1)
    event = world.journal.events[1].data
    assert (event.outcome, event.cache, event.attempts) == ("succeeded", "exact", ())


async def test_a_route_without_a_cache_asks_each_time() -> None:
    world = world_of(WHOLE, policy=Policy())
    for _ in range(2):
        assert (await ask(world))[0].cache_key is None
    assert len(world.hop.asked) == 2


@pytest.mark.parametrize(
    "same",
    [
        b'{"messages": [ {"content": "hi", "role":"user"}], "model": "chat"}',
        body(user="somebody"),
        body(stream=False, stream_options={"include_usage": True}),
    ],
)
async def test_what_changes_nothing_in_the_answer_is_the_same_request(same: bytes) -> None:
    world = world_of(WHOLE)
    await ask(world)
    assert (await ask(world, same))[0].cache is Cache.EXACT


@pytest.mark.parametrize(
    "other", [body(temperature=0.5), body(messages=[{"role": "user", "content": "Hi"}]), body(store=True)]
)
async def test_what_changes_the_answer_is_another_request(other: bytes) -> None:
    world = world_of(WHOLE)
    await ask(world)
    assert (await ask(world, other))[0].cache is None


async def test_streams_and_whole_answers_are_kept_apart() -> None:
    world = world_of(WHOLE, STREAM)
    await ask(world)
    _, frames = await ask(world, stream=True)
    assert frames == list(STREAM)
    usage = await ask(world, body(stream_options={"include_usage": True}), stream=True)
    assert usage[0].cache is None


async def test_projects_do_not_share_their_answers() -> None:
    world = world_of(WHOLE)
    await ask(world)
    exchange = world.exchange(body())
    exchange.principal = type(exchange.principal)("acme", "other", "ci", exchange.principal.role)
    await world.answer(exchange)
    assert exchange.cache is None


async def test_no_store_neither_reads_nor_keeps_and_no_cache_only_keeps() -> None:
    world = world_of(WHOLE)
    await ask(world, options=Options(no_store=True))
    assert (await ask(world))[0].cache is None
    assert (await ask(world, options=Options(no_store=True)))[0].cache is None
    assert (await ask(world, options=Options(no_cache=True)))[0].cache is None
    assert (await ask(world))[0].cache is Cache.EXACT
    other = world_of(WHOLE)
    await ask(other, options=Options(no_cache=True))
    assert (await ask(other))[0].cache is Cache.EXACT


@pytest.mark.parametrize(
    "answer",
    [
        whole("length"),
        whole("content_filter"),
        whole("stop", "length"),
        [Frame(data=b"{}", end=True)],
        [Frame(data=b"{", finish_reason="stop", end=True)],
    ],
)
async def test_answers_that_were_cut_or_filtered_are_not_kept(answer: Answer) -> None:
    world = world_of(answer)
    await ask(world)
    assert (await ask(world))[0].cache is None


async def test_answers_that_broke_off_or_failed_are_not_kept() -> None:
    policy = Policy(cache=CachePolicy(ttl=60), retries=0, continuation=Continuation.ERROR)
    for answer in (CUT, DOWN):
        world = world_of(answer, STREAM, policy=policy)
        with pytest.raises(Failure):
            await ask(world, stream=True)
        assert (await ask(world, stream=True))[0].cache is None


async def test_the_rest_of_a_stream_that_nobody_waited_for_is_not_kept() -> None:
    world = world_of(STREAM)
    left = world.frames(world.exchange(body(), stream=True))
    await anext(left)
    await left.aclose()
    assert (await ask(world, stream=True))[0].cache is None


async def test_continued_and_degraded_answers_are_not_kept() -> None:
    policy = Policy(cache=CachePolicy(ttl=60), retries=0, continuation=Continuation.CONTINUE)
    chunk = [
        Frame(data=json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode(), text=text)
        for text in ("Hel", "lo")
    ]
    stop = Frame(data=b'{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}', finish_reason="stop")
    world = World(
        {
            "alpha/small": [[chunk[0], vendor(Reason.VENDOR_STREAM_CUT)]],
            "beta/small": [[chunk[1], stop, Frame(usage=USAGE, end=True)]],
        },
        policy=policy,
    )
    exchange, _ = await ask(world, stream=True)
    assert exchange.continued_at == 3
    assert (await ask(world, stream=True))[0].cache is None

    degraded = world_of(DOWN, policy=Policy(cache=CachePolicy(ttl=60), degradation=Degradation(answer="Later.")))
    for _ in range(2):
        exchange, _ = await ask(degraded)
        assert (exchange.cache, exchange.degraded) == (None, Degraded.STATIC_ANSWER)


async def test_an_answer_beyond_its_time_is_given_only_where_no_target_answers() -> None:
    world = world_of(WHOLE, whole("length"), DOWN)
    await ask(world)
    await world.clock.advance(61)
    assert (await ask(world))[0].cache is None
    exchange, frames = await ask(world)
    assert frames == list(WHOLE)
    assert (exchange.cache, exchange.degraded) == (Cache.STALE, Degraded.STALE_ANSWER)
    assert exchange.age == pytest.approx(61, abs=0.5)
    with pytest.raises(Failure):
        await ask(world, options=Options(no_cache=True))
    await world.clock.advance(600)
    with pytest.raises(Failure):
        await ask(world)


async def test_a_body_that_cannot_be_read_in_full_is_passed_on_and_not_kept() -> None:
    half = b'{"model":"chat","messages":[{"role":"user","content":"hi"}],"x":"\xff"}'
    world = world_of(WHOLE)
    for _ in range(2):
        assert (await ask(world, half))[0].cache is None


async def test_the_cache_of_another_target_answers_too() -> None:
    world = World({"alpha/small": [DOWN], "beta/small": [WHOLE]}, policy=CACHED, targets=(BETA,))
    await ask(world)
    assert (await ask(world))[0].cache is Cache.EXACT
