"""Embeddings, older completions and the counting of tokens, at the endpoints of a gateway in memory."""

import json
from typing import Any

import pytest

from events.requests import Cache, Outcome
from resilience.errors import Failure, Reason
from services.gateway.application.ports import Frame
from services.gateway.domain.dialects.anthropic_count_tokens import ANTHROPIC_COUNT_TOKENS
from services.gateway.domain.dialects.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.domain.dialects.openai_completions import OPENAI_COMPLETIONS
from services.gateway.domain.dialects.openai_embeddings import OPENAI_EMBEDDINGS
from services.gateway.domain.route import CachePolicy, Continuation, Degradation, Policy
from services.gateway.domain.usage import Usage
from tests.unit.gateway.callers import QUIET, REFUSED, Chat
from tests.unit.gateway.world import Answer, vendor

VECTORS = b'{"object":"list","data":[{"index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":1000}}'
EMBEDDED: Answer = [Frame(data=VECTORS, usage=Usage(1000), end=True)]
COUNTED: Answer = [Frame(data=b'{"input_tokens":14}', usage=Usage(), end=True)]
CANNOT: Answer = [vendor(Reason.UNSUPPORTED_BY_TARGET)]
LIMITED: Answer = [vendor(Reason.VENDOR_RATE_LIMITED, 429, retry_after=30)]
BETA = {"anthropic-version": "2023-06-01", "anthropic-beta": "context-1m-2025-08-07"}


def piece(text: str, finish: str | None = None) -> Frame:
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}
    data = json.dumps({"id": "cmpl-1", "object": "text_completion", "choices": [choice]}).encode()
    return Frame(data=data, text=text, finish_reason=finish or "")


async def test_vectors_reach_the_caller_as_the_vendor_wrote_them() -> None:
    world = Chat(EMBEDDED, dialect=OPENAI_EMBEDDINGS)
    caller = await world.ask(input="hi", encoding_format="base64")
    assert (caller.status, caller.text) == (200, VECTORS)
    assert caller.headers["x-seawall-cost"] == "0.00025"
    assert caller.headers["x-request-id"] == caller.headers["x-seawall-request-id"]
    (told,) = world.world.journal.events
    assert (told.data.operation, told.data.stream, told.data.tokens.input) == ("embeddings", False, 1000)


async def test_a_target_that_cannot_embed_is_followed_by_the_next() -> None:
    world = Chat(CANNOT, beta=EMBEDDED, dialect=OPENAI_EMBEDDINGS)
    caller = await world.ask(input="hi")
    assert caller.headers["x-seawall-target"] == "beta/small"


async def test_where_no_target_can_embed_the_operators_text_is_no_answer() -> None:
    policy = Policy(retries=0, hedge=False, degradation=Degradation(answer="Sorry."))
    world = Chat(CANNOT, beta=CANNOT, policy=policy, dialect=OPENAI_EMBEDDINGS)
    caller = await world.ask(input="hi")
    assert caller.status == 400
    assert json.loads(caller.text)["error"]["code"] == "unsupported_by_target"
    assert "x-seawall-degraded" not in caller.headers


async def test_vectors_are_kept_for_the_same_input_whoever_asks() -> None:
    policy = Policy(retries=0, hedge=False, cache=CachePolicy(ttl=60))
    world = Chat(EMBEDDED, policy=policy, dialect=OPENAI_EMBEDDINGS)
    await world.ask(input="hi", user="a")
    again = await world.ask(input="hi", user="b")
    assert again.headers["x-seawall-cache"] == Cache.EXACT.value
    other = await world.ask(input="ho", user="a")
    assert other.headers["x-seawall-cache"] == "miss"


@pytest.mark.parametrize("fields", [{}, {"input": "hi", "model": ""}])
async def test_what_is_no_request_for_vectors_is_refused(fields: dict[str, Any]) -> None:
    caller = await Chat(EMBEDDED, dialect=OPENAI_EMBEDDINGS).ask(**fields)
    assert (caller.status, json.loads(caller.text)["error"]["code"]) == (400, "invalid_request")


async def test_a_streamed_text_ends_as_openai_ends_it() -> None:
    answer: Answer = [piece(" upon"), piece(" a time", "stop"), Frame(usage=Usage(1, 2), end=True)]
    world = Chat(answer, dialect=OPENAI_COMPLETIONS)
    caller = await world.ask(prompt="Once", stream=True)
    assert caller.text.startswith(b'data: {"id": "cmpl-1"')
    assert caller.text.endswith(b"data: [DONE]\n\n")
    (told,) = world.world.journal.events
    assert (told.data.operation, told.data.outcome) == ("text_completion", Outcome.SUCCEEDED)


async def test_a_broken_text_is_gone_on_with_and_said_once() -> None:
    policy = Policy(retries=0, hedge=False, continuation=Continuation.AUTO)
    broken: Answer = [piece("\n\nOnce upon"), piece(" a"), vendor(Reason.VENDOR_STREAM_CUT)]
    rest: Answer = [piece(" time"), piece("", "stop"), Frame(usage=Usage(9, 2), end=True)]
    world = Chat(broken, beta=rest, policy=policy, dialect=OPENAI_COMPLETIONS)
    caller = await world.ask(prompt="Tell me", stream=True)
    events = [json.loads(line[6:]) for line in caller.text.splitlines() if line.startswith(b"data: {")]
    assert "".join(event["choices"][0]["text"] for event in events) == "\n\nOnce upon a time"
    assert world.world.hop.asked[-1].prefix == "\n\nOnce upon a"


@pytest.mark.parametrize("stream", [False, True])
async def test_the_operators_text_is_said_as_a_text(stream: bool) -> None:
    policy = Policy(retries=0, hedge=False, degradation=Degradation(answer="Sorry."))
    world = Chat(REFUSED, policy=policy, dialect=OPENAI_COMPLETIONS)
    caller = await world.ask(prompt="Once", stream=stream)
    assert caller.headers["x-seawall-degraded"] == "static_answer"
    assert b'"text": "Sorry."' in caller.text
    assert b'"object": "text_completion"' in caller.text


async def test_a_count_is_the_vendors_and_costs_nothing() -> None:
    world = Chat(COUNTED, dialect=ANTHROPIC_COUNT_TOKENS)
    caller = await world.ask()
    assert (caller.status, caller.text) == (200, b'{"input_tokens":14}')
    assert "x-seawall-estimated" not in caller.headers
    assert caller.headers["x-seawall-cost"] == "0"
    (told,) = world.world.journal.events
    assert told.data.operation == "count_tokens"
    assert told.data.cost is not None
    assert told.data.cost.amount == "0"


async def test_what_no_vendor_counts_is_estimated_and_said_to_be() -> None:
    world = Chat(CANNOT, beta=CANNOT, dialect=ANTHROPIC_COUNT_TOKENS)
    caller = await world.ask(messages=[{"role": "user", "content": "word " * 400}])
    assert (caller.status, caller.headers["x-seawall-estimated"]) == (200, "true")
    assert json.loads(caller.text)["input_tokens"] == pytest.approx(405, rel=0.1)
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 60_000}}
    caller = await world.ask(messages=[{"role": "user", "content": [image]}])
    assert json.loads(caller.text)["input_tokens"] == pytest.approx(1610, rel=0.02)


async def test_a_failure_to_count_is_no_reason_to_estimate() -> None:
    caller = await Chat(REFUSED, beta=CANNOT, policy=QUIET, dialect=ANTHROPIC_COUNT_TOKENS).ask()
    assert (caller.status, json.loads(caller.text)["error"]["type"]) == (529, "overloaded_error")


async def test_a_limit_of_counting_is_none_of_chats() -> None:
    world = Chat(LIMITED, beta=COUNTED, dialect=ANTHROPIC_COUNT_TOKENS)
    await world.ask()
    targets = world.world.targets
    now = world.world.clock.monotonic()
    assert targets.of("acme", "alpha/small").rests_until <= now
    assert targets.of("acme", "alpha/small", free=True).rests_until > now


async def test_the_callers_version_and_betas_travel_and_nothing_else_does() -> None:
    world = Chat([Frame(data=b"{}", finish_reason="stop", usage=Usage(), end=True)], dialect=ANTHROPIC_MESSAGES)
    await world.ask({**BETA, "x-other": "y"})
    assert world.world.hop.asked[0].headers == BETA
    with pytest.raises(Failure) as refused:
        await world.ask({"anthropic-beta": "schön"})
    assert refused.value.detail == {"param": "anthropic-beta"}


async def test_answers_of_different_betas_are_not_given_again_to_each_other() -> None:
    policy = Policy(retries=0, hedge=False, cache=CachePolicy(ttl=60))
    answer: Answer = [Frame(data=b"{}", finish_reason="stop", usage=Usage(), end=True)]
    world = Chat(answer, policy=policy, dialect=ANTHROPIC_MESSAGES)
    first = await world.ask(BETA)
    other = await world.ask({**BETA, "anthropic-beta": "another"})
    again = await world.ask(BETA)
    assert [one.headers["x-seawall-cache"] for one in (first, other, again)] == ["miss", "miss", "exact"]
