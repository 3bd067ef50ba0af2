"""The attempt stage: which target is asked, when, and what its caller gets of it. All on virtual time."""

import asyncio
import json
from dataclasses import replace

import pytest

from events.requests import Cause
from resilience.breaker import BreakerSettings, State
from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Frame
from services.gateway.domain.failure import VendorFailure
from services.gateway.domain.route import Capabilities, Continuation, Degradation, Policy, Target
from services.gateway.domain.usage import Usage
from tests.unit.gateway.world import ALPHA, BETA, USAGE, WHOLE, Answer, World, vendor

GAMMA = Target("gamma", "small")
TOOLS = b'{"model":"chat","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function"}]}'


def chunk(text: str = "", *, by: str = "a", finish: str | None = None) -> Frame:
    delta = {"content": text} if text else {}
    body = {"id": f"id-{by}", "model": by, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return Frame(data=json.dumps(body).encode(), text=text, finish_reason=finish or "")


def stream(*texts: str, by: str = "a") -> Answer:
    role = Frame(data=json.dumps({"id": f"id-{by}", "choices": [{"delta": {"role": "assistant"}}]}).encode())
    last = [chunk(by=by, finish="stop"), Frame(usage=USAGE, end=True)]
    return [role, *(chunk(text, by=by) for text in texts), *last]


async def run(world: World, exchange: Exchange, *, step: float = 0.05, steps: int = 2000) -> list[Frame]:
    """The answer, with virtual time going on while it is made."""
    answer = asyncio.ensure_future(world.answer(exchange))
    for _ in range(steps):
        if answer.done():
            break
        await world.clock.advance(step)
    return await answer


def said(frames: list[Frame]) -> str:
    """What a caller reads from the chunks themselves."""
    text = ""
    for frame in frames:
        if frame.data:
            for choice in json.loads(frame.data)["choices"]:
                text += choice["delta"].get("content") or ""
    return text


def asked(world: World) -> list[Target]:
    return [envelope.target for envelope in world.hop.asked]


def states(world: World) -> list[State]:
    return [transition.state for _, _, transition in world.transitions]


async def test_a_limited_target_is_left_alone_and_the_next_one_asked_at_once() -> None:
    world = World({"alpha/small": [[vendor(Reason.VENDOR_RATE_LIMITED, retry_after=7.0)]], "beta/small": [WHOLE]})
    await world.answer(world.exchange())
    await world.answer(world.exchange())
    assert asked(world) == [ALPHA, BETA, BETA], "while it rests nobody asks it"
    await world.clock.advance(7.0)
    await world.answer(world.exchange())
    assert asked(world)[3] is ALPHA


async def test_a_lone_limited_target_is_asked_again_after_the_time_it_said() -> None:
    world = World({"alpha/small": [[vendor(Reason.VENDOR_RATE_LIMITED, retry_after=7.0)], WHOLE]}, targets=(ALPHA,))
    answer = asyncio.ensure_future(world.answer(world.exchange()))
    await world.clock.advance(6.9)
    assert len(world.hop.asked) == 1
    await world.clock.advance(3.0)
    assert await answer == list(WHOLE)
    assert len(world.hop.asked) == 2


async def test_where_the_time_it_said_is_longer_than_the_callers_its_error_is_told_at_once() -> None:
    world = World({"alpha/small": [[vendor(Reason.VENDOR_RATE_LIMITED, retry_after=30.0)]]}, targets=(ALPHA,))
    with pytest.raises(Failure) as raised:
        await world.answer(world.exchange(timeout=10.0))
    assert raised.value.reason is Reason.VENDOR_RATE_LIMITED
    assert raised.value.retry_after == 30.0
    with pytest.raises(Failure) as second:
        await world.answer(world.exchange(timeout=10.0))
    assert second.value.reason is Reason.VENDOR_RATE_LIMITED
    assert second.value.retry_after is not None
    assert len(world.hop.asked) == 1, "who is told to wait is not asked again"


async def test_a_target_that_is_limited_for_ever_is_asked_at_most_four_times_in_three_seconds_and_six_in_all() -> None:
    world = World({"alpha/small": [[vendor(Reason.VENDOR_RATE_LIMITED, retry_after=0.01)]]}, targets=(ALPHA,))
    times: list[float] = []
    call = world.hop.call

    def noted(envelope):  # type: ignore[no-untyped-def]
        times.append(world.clock.monotonic())
        return call(envelope)

    world.hop.call = noted  # type: ignore[method-assign]
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange())
    assert raised.value.reason is Reason.VENDOR_RATE_LIMITED
    assert 2 <= len(times) <= 6
    assert all(sum(1 for other in times if 0 <= other - time < 3.0) <= 4 for time in times)


@pytest.mark.parametrize("reason", [Reason.VENDOR_RATE_LIMITED, Reason.VENDOR_OVERLOADED])
@pytest.mark.parametrize("retry_after", [9.0, 9.9, 10.0, 30.0])
async def test_whatever_a_vendor_says_of_waiting_its_caller_hears_by_the_deadline(
    reason: Reason, retry_after: float
) -> None:
    world = World({"alpha/small": [[vendor(reason, retry_after=retry_after)]]}, targets=(ALPHA,))
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange(timeout=10.0), step=0.01)
    assert raised.value.reason is reason
    assert world.clock.monotonic() <= 10.02


@pytest.mark.parametrize(("retryable", "times"), [(True, 3), (False, 1)])
async def test_a_lone_target_that_is_not_reached_is_asked_again_unless_that_is_no_use(
    retryable: bool, times: int
) -> None:
    # Where it is the provider's address that may not be called, it may not be called the next time either.
    failing: Answer = [VendorFailure(Reason.VENDOR_UNREACHABLE, "it is not called", retryable=retryable)]
    world = World({"alpha/small": [failing] * 5}, targets=(ALPHA,), policy=Policy(retries=2))
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange())
    assert (raised.value.message, raised.value.retryable) == ("it is not called", retryable)
    assert asked(world) == [ALPHA] * times


async def test_a_silent_target_is_given_up_after_its_time_and_not_asked_again() -> None:
    world = World({"alpha/small": [[600.0]], "beta/small": [stream("hi")]}, policy=Policy(first_token_timeout=2.0))
    frames = await run(world, world.exchange(stream=True))
    assert said(frames) == "hi"
    assert asked(world) == [ALPHA, BETA]
    attempt = world.journal.events[0].data.attempts[0]
    assert attempt.reason is Reason.VENDOR_FIRST_TOKEN_TIMEOUT
    assert attempt.duration_ms == pytest.approx(2000, abs=1)


async def test_how_long_a_target_may_take_is_learned_from_how_long_it_took() -> None:
    usual: list[Answer] = [[1.0, *stream("hi")]]
    world = World({"alpha/small": usual * 40 + [[600.0]], "beta/small": [stream("there")]})
    for _ in range(40):
        await run(world, world.exchange(stream=True))
    began = world.clock.monotonic()
    assert said(await run(world, world.exchange(stream=True))) == "there"
    assert world.clock.monotonic() - began < 5.0, "of the sixty seconds that the request has"


async def test_the_last_target_has_all_the_time_that_is_left() -> None:
    usual: list[Answer] = [[0.5, *stream("hi")]]
    world = World({"alpha/small": usual * 40 + [[50.0, *stream("late")]]}, targets=(ALPHA,))
    for _ in range(40):
        await run(world, world.exchange(stream=True))
    assert said(await run(world, world.exchange(stream=True))) == "late"


async def test_a_stream_that_is_cut_is_finished_by_the_next_target_with_no_text_twice() -> None:
    cut = [*stream("One ", "two ")[:3], vendor(Reason.VENDOR_STREAM_CUT)]
    world = World({"alpha/small": [cut], "beta/small": [stream("three ", "four.", by="b")]})
    exchange = world.exchange(stream=True)
    frames = await run(world, exchange)
    assert said(frames) == "One two three four."
    assert world.hop.asked[1].prefix == "One two "
    bodies = [json.loads(frame.data) for frame in frames if frame.data]
    assert {body["id"] for body in bodies} == {"id-a"}, "one answer has one id"
    assert [body["seawall"] for body in bodies if "seawall" in body] == [
        {"continued": {"target": "beta/small", "at": 8}}
    ]
    assert sum("role" in body["choices"][0]["delta"] for body in bodies) == 1
    event = world.journal.events[0].data
    assert (event.outcome, event.continued_at, event.target) == ("succeeded", 8, "beta/small")
    assert [attempt.cause for attempt in event.attempts] == [Cause.FIRST, Cause.CONTINUATION]


async def test_the_usage_of_a_continued_answer_is_of_one_prompt_and_of_all_that_was_answered() -> None:
    cut: Answer = [*stream("x" * 400)[:2], vendor(Reason.VENDOR_STREAM_CUT)]
    told = {"id": "id-b", "choices": [], "usage": {"prompt_tokens": 130, "completion_tokens": 5, "total_tokens": 135}}
    rest: Answer = [
        chunk("y", by="b"),
        chunk(by="b", finish="stop"),
        Frame(data=json.dumps(told).encode(), usage=Usage(130, 5)),
        Frame(end=True),
    ]
    world = World({"alpha/small": [cut], "beta/small": [rest]})
    exchange = world.exchange(stream=True)
    frames = await run(world, exchange)
    first = exchange.attempts[0].usage
    assert first is not None
    (usage,) = [frame.usage for frame in frames if frame.usage is not None]
    assert usage == Usage(first.input_tokens, first.output_tokens + 5)
    assert json.loads(frames[-2].data)["usage"] == {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    assert exchange.attempts[1].usage == Usage(130, 5), "the ledger has each attempt's own"


async def test_a_target_that_says_the_beginning_again_adds_nothing_of_it() -> None:
    beginning = "This is how it began. "
    cut = [*stream("This is ", "how it began. ")[:3], vendor(Reason.VENDOR_STREAM_CUT)]
    again = stream("This is how ", "it began. And", " so it ended.", by="b")
    world = World({"alpha/small": [cut], "beta/small": [again]})
    assert said(await run(world, world.exchange(stream=True))) == beginning + "And so it ended."


async def test_a_text_that_only_begins_like_the_answer_is_passed_on_whole() -> None:
    cut = [*stream("The cat sat on the mat. ")[:2], vendor(Reason.VENDOR_STREAM_CUT)]
    world = World({"alpha/small": [cut], "beta/small": [stream("The cat ", "slept.", by="b")]})
    assert said(await run(world, world.exchange(stream=True))) == "The cat sat on the mat. The cat slept."


async def test_a_stream_that_stalls_is_continued_too() -> None:
    world = World(
        {"alpha/small": [[*stream("One ")[:2], 600.0]], "beta/small": [stream("two.", by="b")]},
        policy=Policy(idle_timeout=3.0),
    )
    assert said(await run(world, world.exchange(stream=True))) == "One two."
    assert world.journal.events[0].data.attempts[0].reason is Reason.VENDOR_STREAM_STALLED


async def test_a_continuation_that_is_cut_as_well_is_continued_by_the_third() -> None:
    cut = [*stream("One ")[:2], vendor(Reason.VENDOR_STREAM_CUT)]
    cut_too = [*stream("two ", by="b")[:2], vendor(Reason.VENDOR_ERROR)]
    world = World(
        {"alpha/small": [cut], "beta/small": [cut_too], "gamma/small": [stream("three.", by="c")]},
        targets=(ALPHA, BETA, GAMMA),
    )
    assert said(await run(world, world.exchange(stream=True))) == "One two three."


@pytest.mark.parametrize("body", [TOOLS, TOOLS.replace(b'"tools":[{"type":"function"}]', b'"n":2')])
async def test_tool_calls_and_alternatives_are_not_continued_unless_the_route_says_so(body: bytes) -> None:
    cut: Answer = [*stream("One ")[:2], vendor(Reason.VENDOR_STREAM_CUT)]
    world = World({"alpha/small": [cut], "beta/small": [stream("two.", by="b")]})
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange(body, stream=True))
    assert raised.value.reason is Reason.VENDOR_STREAM_CUT
    world = World(
        {"alpha/small": [cut], "beta/small": [stream("two.", by="b")]},
        policy=Policy(continuation=Continuation.CONTINUE),
    )
    assert said(await run(world, world.exchange(body, stream=True))) == "One two."


async def test_a_target_that_refuses_a_prefill_is_passed_over_and_its_error_never_told() -> None:
    cut: Answer = [*stream("One ")[:2], vendor(Reason.VENDOR_STREAM_CUT)]
    refusal: Answer = [vendor(Reason.VENDOR_REJECTED, 400)]
    world = World(
        {"alpha/small": [cut], "beta/small": [refusal], "gamma/small": [stream("two.", by="c")]},
        targets=(ALPHA, BETA, GAMMA),
    )
    assert said(await run(world, world.exchange(stream=True))) == "One two."
    assert said(await run(world, world.exchange(stream=True))) == "One two."
    assert asked(world).count(BETA) == 1, "what it refused once it is not asked again"

    world = World({"alpha/small": [cut], "beta/small": [refusal]})
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange(stream=True))
    assert raised.value.reason is Reason.VENDOR_STREAM_CUT


async def test_a_target_that_is_known_to_refuse_prefills_is_not_asked_for_one() -> None:
    cut: Answer = [*stream("One ")[:2], vendor(Reason.VENDOR_STREAM_CUT)]
    beta = replace(BETA, capabilities=Capabilities(prefill=False))
    alpha = replace(ALPHA, capabilities=Capabilities(prefill=False))
    world = World({"alpha/small": [cut], "beta/small": [stream("two.")]}, targets=(alpha, beta))
    with pytest.raises(Failure) as raised:
        await run(world, world.exchange(stream=True))
    assert raised.value.reason is Reason.VENDOR_STREAM_CUT
    assert len(world.hop.asked) == 1


async def test_a_prompt_that_is_too_long_goes_to_a_larger_target_only() -> None:
    too_long = [vendor(Reason.CONTEXT_LENGTH_EXCEEDED, 400)]
    alpha = replace(ALPHA, capabilities=Capabilities(context_window=8_000))
    beta = replace(BETA, capabilities=Capabilities(context_window=8_000))
    gamma = replace(GAMMA, capabilities=Capabilities(context_window=128_000))
    answers: dict[str, list[Answer]] = {"alpha/small": [too_long], "beta/small": [WHOLE], "gamma/small": [WHOLE]}
    world = World(answers, targets=(alpha, beta, gamma))
    await world.answer(world.exchange())
    assert asked(world) == [alpha, gamma]
    world = World(answers, targets=(alpha, beta))
    with pytest.raises(Failure) as raised:
        await world.answer(world.exchange())
    assert raised.value.reason is Reason.CONTEXT_LENGTH_EXCEEDED
    assert asked(world) == [alpha]


async def test_filtered_content_goes_only_where_the_route_says() -> None:
    filtered = [vendor(Reason.CONTENT_FILTERED, 400)]
    answers: dict[str, list[Answer]] = {"alpha/small": [filtered], "beta/small": [WHOLE], "gamma/small": [WHOLE]}
    world = World(answers)
    with pytest.raises(Failure) as raised:
        await world.answer(world.exchange())
    assert raised.value.reason is Reason.CONTENT_FILTERED
    assert asked(world) == [ALPHA]
    world = World(answers, policy=Policy(fallbacks={Reason.CONTENT_FILTERED: (GAMMA,)}))
    await world.answer(world.exchange())
    assert asked(world) == [ALPHA, GAMMA]


async def test_a_failing_target_is_not_asked_while_its_breaker_is_open_then_probed_and_used_again() -> None:
    world = World({"alpha/small": [[vendor(Reason.VENDOR_OVERLOADED)]] * 5 + [WHOLE], "beta/small": [WHOLE]})
    for _ in range(5):
        await world.answer(world.exchange())
    assert world.transitions[-1][:2] == ("acme", "alpha/small")
    assert states(world)[-1] is State.OPEN
    before = len(world.hop.asked)
    for _ in range(20):
        await world.answer(world.exchange())
    assert asked(world)[before:] == [BETA] * 20
    assert "breaker is open" in world.journal.events[-1].data.plan[-1].explanation
    await world.clock.advance(10.0)
    for _ in range(5):
        await world.answer(world.exchange())
    assert states(world)[-1] is State.CLOSED
    assert asked(world)[-1] is ALPHA


async def test_where_every_breaker_is_open_one_target_is_asked_all_the_same_and_once() -> None:
    failing: Answer = [vendor(Reason.VENDOR_OVERLOADED)]
    world = World({"alpha/small": [failing], "beta/small": [failing]}, policy=Policy(retries=0))
    for _ in range(8):
        with pytest.raises(Failure):
            await run(world, world.exchange())
    before = len(world.hop.asked)
    for _ in range(30):
        with pytest.raises(Failure):
            await world.answer(world.exchange())
    assert 30 <= len(world.hop.asked) - before <= 30 + 12, "once a request, and what the budget of retries has left"


async def test_all_targets_failing_for_a_minute_are_asked_hardly_more_than_once_a_request() -> None:
    failing: Answer = [vendor(Reason.VENDOR_ERROR)]
    healthy = False

    world = World({"alpha/small": [failing]}, targets=(ALPHA,))
    requests, started = 0, world.clock.monotonic()
    while world.clock.monotonic() - started < 60.0:
        requests += 1
        with pytest.raises(Failure):
            await run(world, world.exchange(), step=0.02)
        await world.clock.advance(0.02)
    assert len(world.hop.asked) <= 1.1 * requests + 22
    world.hop.answers["alpha/small"] = [WHOLE]
    began = world.clock.monotonic()
    while not healthy:
        await world.answer(world.exchange())
        await world.clock.advance(0.1)
        healthy = states(world)[-1] is State.CLOSED
    assert world.clock.monotonic() - began <= 10.0


async def test_a_slow_call_is_raced_by_another_where_the_tail_is_heavy_and_the_loser_is_recorded() -> None:
    fast: Answer = [0.1, *stream("fast")]
    slow: Answer = [1.0, *stream("slow")]
    answers = ([fast] * 24 + [slow]) * 8
    world = World({"alpha/small": [*answers, slow], "beta/small": [[0.1, *stream("spare", by="b")]]})
    for _ in range(200):
        await run(world, world.exchange(stream=True))
    exchange = world.exchange(stream=True)
    began = world.clock.monotonic()
    assert said(await run(world, exchange, step=0.01)) == "spare"
    assert world.clock.monotonic() - began < 1.15
    event = world.journal.events[-1].data
    assert [(attempt.cause, attempt.outcome) for attempt in event.attempts] == [
        (Cause.FIRST, "cancelled"),
        (Cause.HEDGE, "succeeded"),
    ]
    assert event.attempts[0].tokens_estimated
    assert event.target == "beta/small"


@pytest.mark.parametrize("turns", range(12))
async def test_whenever_a_caller_leaves_nothing_stays_taken(turns: int) -> None:
    slow: Answer = [1.0, *stream("slow")]
    world = World({"alpha/small": [slow], "beta/small": [slow]})
    for target in ("alpha/small", "beta/small"):  # a heavy tail, so that calls are raced
        pace = world.targets.of("acme", target).pace(stream=True)
        for n in range(400):
            pace.observe(1.0 if n % 25 == 0 else 0.001)
    for _ in range(40):  # earns spare calls
        await run(world, world.exchange(stream=True))
    for name in ("alpha/small", "beta/small"):
        assert world.targets.of("acme", name).load.in_flight == 0
    answer = asyncio.ensure_future(world.answer(world.exchange(stream=True)))
    for turn in range(turns):
        await asyncio.sleep(0)
        if turn == turns // 2:
            await world.clock.advance(0.01)
    answer.cancel()
    await asyncio.gather(answer, return_exceptions=True)
    for target in ("alpha/small", "beta/small"):
        state = world.targets.of("acme", target)
        assert (state.load.in_flight, state.streams.concurrency.in_flight) == (0, 0)
    assert world.hop.closed == len(world.hop.asked)


async def test_an_even_target_is_never_raced() -> None:
    world = World({"alpha/small": [[0.1, *stream("hi")]], "beta/small": [stream("spare")]})
    for _ in range(300):
        await run(world, world.exchange(stream=True))
    assert asked(world) == [ALPHA] * 300


async def test_what_degrades_is_tried_in_order_and_told() -> None:
    failing: Answer = [vendor(Reason.VENDOR_OVERLOADED)]
    answers: dict[str, list[Answer]] = {"alpha/small": [failing], "beta/small": [failing], "gamma/small": [WHOLE]}
    policy = Policy(retries=0, degradation=Degradation(targets=(GAMMA,), answer="We are sorry."))
    world = World(answers, policy=policy)
    exchange = world.exchange()
    assert await run(world, exchange) == list(WHOLE)
    assert exchange.degraded == "smaller_model"
    world = World(answers | {"gamma/small": [failing]}, policy=policy)
    exchange = world.exchange()
    (frame,) = await run(world, exchange)
    assert json.loads(frame.data)["choices"][0]["message"]["content"] == "We are sorry."
    event = world.journal.events[0].data
    assert (event.outcome, event.degraded, event.target) == ("succeeded", "static_answer", None)
    streamed = await run(world, world.exchange(stream=True))
    assert said(streamed) == "We are sorry."
    assert streamed[-1].end


async def test_a_request_that_is_wrong_is_not_degraded() -> None:
    world = World(
        {"alpha/small": [[vendor(Reason.VENDOR_REJECTED, 400)]]},
        policy=Policy(degradation=Degradation(answer="We are sorry.")),
    )
    with pytest.raises(Failure) as raised:
        await world.answer(world.exchange())
    assert raised.value.reason is Reason.VENDOR_REJECTED


async def test_what_was_told_by_another_gateway_opens_and_is_not_told_on() -> None:
    world = World({"alpha/small": [WHOLE], "beta/small": [WHOLE]})
    world.targets.told_open("acme", "alpha/small", "seen elsewhere", None)
    await world.answer(world.exchange())
    assert asked(world) == [BETA]
    assert all(transition.shared for _, _, transition in world.transitions)


async def test_what_was_told_before_the_first_request_holds_for_the_routes_own_breaker() -> None:
    world = World({"alpha/small": [WHOLE], "beta/small": [WHOLE]}, policy=Policy(breaker=BreakerSettings(open_for=1.5)))
    world.targets.told_open("acme", "alpha/small", "seen elsewhere", None)
    await world.answer(world.exchange())
    assert asked(world) == [BETA]
    await world.clock.advance(3.0)
    await world.answer(world.exchange())
    assert asked(world)[-1] is ALPHA


async def test_a_target_that_always_breaks_off_is_not_asked_more_often_than_any_other() -> None:
    cut: Answer = [*stream("One ")[:2], vendor(Reason.VENDOR_STREAM_CUT)]
    world = World({"alpha/small": [cut]}, targets=(ALPHA,), policy=Policy(max_attempts=20))
    with pytest.raises(Failure):
        await run(world, world.exchange(stream=True))
    assert len(world.hop.asked) <= 6


async def test_a_breaker_that_is_off_never_refuses() -> None:
    world = World(
        {"alpha/small": [[vendor(Reason.VENDOR_OVERLOADED)]], "beta/small": [WHOLE]}, policy=Policy(breaker=None)
    )
    for _ in range(20):
        await world.answer(world.exchange())
    assert asked(world).count(ALPHA) == 20


async def test_the_breakers_settings_are_the_routes() -> None:
    settings = BreakerSettings(consecutive_failures=2)
    world = World(
        {"alpha/small": [[vendor(Reason.VENDOR_OVERLOADED)]], "beta/small": [WHOLE]}, policy=Policy(breaker=settings)
    )
    for _ in range(10):
        await world.answer(world.exchange())
    assert asked(world).count(ALPHA) == 2


async def test_usage_that_was_not_told_is_estimated_from_what_was() -> None:
    cut: Answer = [*stream("x" * 400)[:2], vendor(Reason.VENDOR_STREAM_CUT)]
    told = [*stream("x" * 400)[:3], Frame(usage=Usage(30, 80), end=True)]
    world = World({"alpha/small": [told] * 60 + [cut], "beta/small": [stream("y", by="b")]})
    for _ in range(61):
        await run(world, world.exchange(stream=True))
    attempt = world.journal.events[-1].data.attempts[0]
    assert attempt.tokens is not None
    assert attempt.tokens_estimated
    assert abs(attempt.tokens.output - 80) <= 1
    assert abs(attempt.tokens.input - 30) <= 1


async def test_a_shadow_gets_copies_that_nobody_sees_and_that_are_accounted_for() -> None:
    gamma = replace(GAMMA, shadow=1.0)
    world = World({"alpha/small": [WHOLE], "gamma/small": [[vendor(Reason.VENDOR_ERROR)]]}, targets=(ALPHA, gamma))
    assert await world.answer(world.exchange()) == list(WHOLE)
    await world.clock.advance(1.0)
    assert asked(world) == [ALPHA, gamma]
    events = {event.data.operation: event.data for event in world.journal.events}
    assert [attempt.cause for attempt in events["shadow"].attempts] == [Cause.SHADOW]
    assert (events["shadow"].request_id, events["shadow"].criticality) == ("req_1_shadow", "sheddable")
    assert [attempt.target for attempt in events["chat"].attempts] == ["alpha/small"]
