import asyncio
from datetime import UTC, datetime

import pytest

from events.requests import Outcome
from resilience.errors import Failure, Reason
from resilience.retry import RECOVERIES, Recovery
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Frame
from services.gateway.domain.configuration import DatedPrice, Project
from services.gateway.domain.route import Continuation, Policy
from services.gateway.domain.usage import Price, Rates, Usage
from tests.unit.gateway.world import ALPHA, BETA, STREAM, WHOLE, Answer, World, vendor

IMAGE = ',{"type":"image_url","image_url":{"url":"https://a/b.png"}}'


async def run(world: World, exchange: Exchange) -> list[Frame]:
    """The answer, with virtual time going on while it is made."""
    answer = asyncio.ensure_future(world.answer(exchange))
    for _ in range(100):
        if answer.done():
            break
        await world.clock.advance(0.05)
    return await answer


async def test_the_first_target_answers() -> None:
    world = World({"alpha/small": [WHOLE]})
    exchange = world.exchange()
    assert await run(world, exchange) == list(WHOLE)
    assert exchange.target == "alpha/small"
    assert [envelope.target for envelope in world.hop.asked] == [ALPHA]


async def test_the_record_is_in_the_journal_before_the_answer_ends() -> None:
    world = World({"alpha/small": [STREAM]})
    async for frame in world.frames(world.exchange(stream=True)):
        assert len(world.journal.records) == (1 if frame.end else 0)


async def test_the_record_tells_plan_attempts_tokens_and_cost() -> None:
    world = World({"alpha/small": [[vendor(Reason.VENDOR_ERROR, 500)], WHOLE]})
    await run(world, world.exchange())
    (received,) = world.journal.events
    event = received.data
    assert (received.id, event.request_id, event.outcome, event.target) == (
        "req_1",
        "req_1",
        "succeeded",
        "alpha/small",
    )
    assert [(step.target, step.position) for step in event.plan] == [("alpha/small", 1), ("beta/small", 2)]
    assert [(attempt.number, attempt.outcome, attempt.reason, attempt.vendor_status) for attempt in event.attempts] == [
        (1, Outcome.FAILED, Reason.VENDOR_ERROR, 500),
        (2, Outcome.SUCCEEDED, None, None),
    ]
    # 1000 tokens at $0.25 and 100 at $2 a million.
    assert event.cost is not None
    assert event.cost.amount == "0.00045"
    assert (event.tokens.input, event.tokens.output) == (1000, 100)


async def test_an_unknown_price_is_told_as_unknown_and_never_as_nothing() -> None:
    world = World({"beta/small": [WHOLE]}, targets=(BETA,))
    await run(world, world.exchange())
    assert world.journal.events[0].data.cost is None


@pytest.mark.parametrize("reason", [reason for reason, recovery in RECOVERIES.items() if recovery is Recovery.NEXT])
async def test_a_failure_that_only_another_target_can_mend_goes_to_it_at_once(reason: Reason) -> None:
    world = World({"alpha/small": [[vendor(reason)]], "beta/small": [WHOLE]})
    exchange = world.exchange()
    assert await world.answer(exchange) == list(WHOLE)
    assert [envelope.target for envelope in world.hop.asked] == [ALPHA, BETA]


@pytest.mark.parametrize("reason", [reason for reason, recovery in RECOVERIES.items() if recovery is Recovery.RETRY])
async def test_a_failure_that_may_pass_is_retried_as_often_as_the_policy_says_then_the_next_target_asked(
    reason: Reason,
) -> None:
    world = World({"alpha/small": [[vendor(reason)]], "beta/small": [WHOLE]}, policy=Policy(retries=2))
    await run(world, world.exchange())
    assert [envelope.target for envelope in world.hop.asked] == [ALPHA, ALPHA, ALPHA, BETA]


@pytest.mark.parametrize("reason", sorted(set(Reason) - RECOVERIES.keys()))
async def test_a_failure_that_no_target_can_mend_ends_the_request(reason: Reason) -> None:
    world = World({"alpha/small": [[vendor(reason)]]})
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange())
    assert raised.value.reason is reason
    assert len(world.hop.asked) == 1


async def test_where_no_target_is_left_the_first_failure_is_told_and_recorded() -> None:
    world = World(
        {"alpha/small": [[vendor(Reason.VENDOR_QUOTA_EXHAUSTED)]], "beta/small": [[vendor(Reason.VENDOR_OVERLOADED)]]}
    )
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange())
    assert raised.value.reason is Reason.VENDOR_QUOTA_EXHAUSTED
    (received,) = world.journal.events
    assert (received.data.outcome, received.data.reason, received.data.target) == (
        "failed",
        "vendor_quota_exhausted",
        None,
    )
    assert received.data.cost is not None
    assert received.data.cost.amount == "0"


async def test_an_answer_that_was_not_waited_for_is_accounted_for_by_estimate() -> None:
    world = World({"alpha/small": [[vendor(Reason.VENDOR_TIMEOUT)]], "beta/small": [WHOLE]})
    await run(world, world.exchange())
    first, second = world.journal.events[0].data.attempts
    assert (first.outcome, first.tokens_estimated, second.tokens_estimated) == (Outcome.FAILED, True, False)
    assert first.tokens is not None
    assert first.tokens.input > 0, "the vendor was at work on the prompt"


async def test_a_vendors_own_timeout_is_an_error_like_others_and_costs_nothing() -> None:
    world = World({"alpha/small": [[vendor(Reason.VENDOR_TIMEOUT, status=504)]], "beta/small": [WHOLE]})
    await run(world, world.exchange())
    first, _ = world.journal.events[0].data.attempts
    assert (first.outcome, first.tokens_estimated, first.tokens) == (Outcome.FAILED, False, None)


async def test_a_stream_that_fails_after_its_empty_first_frame_is_answered_by_the_next_target() -> None:
    cut: Answer = [Frame(data=b'{"delta":""}'), vendor(Reason.VENDOR_STREAM_CUT)]
    world = World({"alpha/small": [cut], "beta/small": [STREAM]})
    assert await run(world, world.exchange(stream=True)) == list(STREAM)


async def test_a_stream_that_breaks_off_and_is_not_to_be_continued_is_never_told_as_a_success() -> None:
    world = World(
        {"alpha/small": [[*STREAM[:2], vendor(Reason.VENDOR_STREAM_CUT)]], "beta/small": [STREAM]},
        policy=Policy(continuation=Continuation.ERROR),
    )
    answer = world.frames(world.exchange(stream=True))
    got = [await anext(answer), await anext(answer)]
    with pytest.raises(Failure) as raised:
        await anext(answer)
    assert raised.value.reason is Reason.VENDOR_STREAM_CUT
    assert got == list(STREAM[:2])
    event = world.journal.events[0].data
    assert (event.outcome, event.reason) == ("failed", "vendor_stream_cut")
    assert event.attempts[0].tokens_estimated, "tokens were used, and nobody said how many"


async def test_a_caller_who_leaves_ends_the_vendors_call_and_is_recorded() -> None:
    world = World({"alpha/small": [STREAM]})
    answer = world.frames(world.exchange(stream=True))
    await anext(answer)
    await answer.aclose()
    assert world.hop.closed == 1
    event = world.journal.events[0].data
    assert (event.outcome, event.reason, event.attempts[0].outcome) == ("cancelled", "cancelled", "cancelled")


async def test_the_deadline_is_the_lesser_of_the_callers_and_the_routes() -> None:
    for allowed, expected in ((5.0, 5.0), (500.0, 60.0), (None, 60.0)):
        world = World({"alpha/small": [WHOLE]}, targets=(ALPHA,))
        await run(world, world.exchange(timeout=allowed))
        assert world.hop.asked[0].timeout == pytest.approx(expected)


async def test_no_target_is_asked_once_the_deadline_is_over() -> None:
    late: Answer = [0.2, vendor(Reason.VENDOR_ERROR)]
    world = World({"alpha/small": [late], "beta/small": [WHOLE]})
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange(timeout=0.1))
    assert raised.value.reason is Reason.VENDOR_ERROR, "what was met says more than that the time is over"
    assert [envelope.target for envelope in world.hop.asked] == [ALPHA]


async def test_a_full_journal_refuses_before_a_vendor_is_asked() -> None:
    world = World({"alpha/small": [WHOLE]})
    world.journal.full = True
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange())
    assert (raised.value.reason, raised.value.retryable) == (Reason.OVERLOADED, True)
    assert world.hop.asked == []


async def test_requests_over_the_projects_limit_are_refused_with_a_time_to_wait() -> None:
    world = World({"alpha/small": [WHOLE]}, project=Project(requests_per_minute=2))
    for _ in range(2):
        await run(world, world.exchange())
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange())
    assert (raised.value.reason, raised.value.retry_after) == (Reason.RATE_LIMITED, 1.0)
    assert len(world.hop.asked) == 2


async def test_a_refused_request_is_not_in_the_journal() -> None:
    world = World({})
    with pytest.raises(Failure):
        await run(world, world.exchange(b'{"model":"absent","messages":[{"role":"user"}]}'))
    assert world.journal.records == []


async def test_a_project_pays_its_own_price_of_what_was_put_into_the_cache() -> None:
    price = Price(Rates(3_000_000, 15_000_000, 300_000, 3_750_000, 6_000_000))
    project = Project(prices={ALPHA.name: (DatedPrice(datetime(2020, 1, 1, tzinfo=UTC), price),)})
    written = Usage(1000, 100, cache_write_tokens=400, cache_write_1h_tokens=100)
    world = World(
        {"alpha/small": [[Frame(data=b"{}", finish_reason="stop", usage=written, end=True)]]}, project=project
    )
    await run(world, world.exchange())
    event = world.journal.events[0].data
    assert event.tokens.cache_write == 400
    assert event.cost is not None
    # 600 at $3, 300 at $3.75, 100 at $6, 100 at $15 a million.
    assert event.cost.amount == "0.005025"


@pytest.mark.parametrize(("shown", "amount"), [("", "0.001"), (IMAGE, None)])
async def test_images_that_nobody_counted_make_a_price_for_each_unknown(shown: str, amount: str | None) -> None:
    price = Price(Rates(1_000_000, 0, 0, 0, 0), per_image=1)
    project = Project(prices={ALPHA.name: (DatedPrice(datetime(2020, 1, 1, tzinfo=UTC), price),)})
    world = World({"alpha/small": [WHOLE]}, project=project)
    body = f'{{"model":"chat","messages":[{{"role":"user","content":[{{"type":"text","text":"x"}}{shown}]}}]}}'
    await run(world, world.exchange(body=body.encode()))
    cost = world.journal.events[0].data.cost
    assert (None if cost is None else cost.amount) == amount
