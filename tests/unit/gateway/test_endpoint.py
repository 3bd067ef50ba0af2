"""The chat endpoint over ASGI: what callers see of caches, keys and failures."""

import asyncio
import json

import pytest

from resilience.errors import Failure, Reason
from services.gateway.domain.route import CachePolicy, Degradation, Policy
from tests.unit.gateway.callers import REFUSED, Chat
from tests.unit.gateway.world import STREAM, USAGE, WHOLE, Answer, vendor

KEY = {"idempotency-key": "k-1"}


async def test_the_headers_tell_of_the_cache_only_where_the_route_has_one() -> None:
    chat = Chat(WHOLE, policy=Policy(cache=CachePolicy(ttl=60, stale=600), retries=0))
    assert (await chat.ask()).headers["x-seawall-cache"] == "miss"
    await chat.world.clock.advance(9)
    hit = await chat.ask()
    assert (hit.headers["x-seawall-cache"], hit.headers["age"], hit.headers["x-seawall-cost"]) == ("exact", "9", "0")
    assert hit.headers["x-seawall-attempts"] == "0"
    assert "x-seawall-cache" not in (await chat.ask({"cache-control": "no-store"})).headers
    assert "x-seawall-cache" not in (await Chat(WHOLE).ask()).headers


async def test_a_cached_stream_is_replayed_byte_for_byte() -> None:
    chat = Chat(STREAM, policy=Policy(cache=CachePolicy(ttl=60), retries=0))
    first, second = [await chat.ask(stream=True) for _ in range(2)]
    assert first.text == second.text
    assert first.text.endswith(b"data: [DONE]\n\n")
    assert second.headers["x-seawall-cache"] == "exact"


async def test_a_degraded_answer_says_so() -> None:
    policy = Policy(cache=CachePolicy(ttl=1, stale=600), degradation=Degradation(answer="Later."), retries=0)
    chat = Chat(WHOLE, REFUSED, policy=policy)
    assert "x-seawall-degraded" not in (await chat.ask()).headers
    await chat.world.clock.advance(5)
    stale = await chat.ask()
    assert (stale.headers["x-seawall-cache"], stale.headers["x-seawall-degraded"]) == ("stale", "stale_answer")
    static = await chat.ask(seed=1)
    assert (static.headers["x-seawall-cache"], static.headers["x-seawall-degraded"]) == ("miss", "static_answer")


@pytest.mark.parametrize(("answer", "stream"), [(WHOLE, False), (STREAM, True)], ids=["whole", "streamed"])
async def test_a_replay_has_the_same_bytes_status_and_content_headers(answer: Answer, stream: bool) -> None:
    chat = Chat(answer)
    first, second = [await chat.ask(KEY, stream=stream) for _ in range(2)]
    assert (second.status, second.text) == (first.status, first.text)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    for name in ("content-type", "content-length", "cache-control", "x-seawall-request-id", "x-seawall-target"):
        assert second.headers.get(name) == first.headers.get(name)
    assert "x-seawall-cost" not in second.headers
    assert len(chat.world.hop.asked) == len(chat.world.journal.records) == 1


async def test_a_refusal_that_cannot_change_is_replayed_too() -> None:
    refusal = vendor(Reason.VENDOR_REJECTED, 422)
    refusal.retryable = False
    chat = Chat([refusal], WHOLE)
    first, second = [await chat.ask(KEY) for _ in range(2)]
    assert (first.status, second.status, second.text) == (422, 422, first.text)
    assert second.headers["idempotent-replayed"] == "true"


async def test_failures_that_may_pass_are_tried_again() -> None:
    chat = Chat(REFUSED, [*STREAM[:2], vendor(Reason.VENDOR_STREAM_CUT)], STREAM)
    failed = await chat.ask(KEY, stream=True)
    assert failed.status == 503
    cut = await chat.ask(KEY, stream=True)
    assert cut.status == 200
    assert json.loads(cut.text.split(b"data: ")[-1])["error"]["code"] == "vendor_stream_cut"
    assert b"[DONE]" not in cut.text
    whole = await chat.ask(KEY, stream=True)
    assert whole.text.endswith(b"data: [DONE]\n\n")
    assert "idempotent-replayed" not in whole.headers


async def test_the_same_key_with_another_body_is_a_422() -> None:
    chat = Chat(WHOLE)
    await chat.ask(KEY)
    with pytest.raises(Failure) as raised:
        await chat.ask(KEY, seed=1)
    assert raised.value.reason is Reason.IDEMPOTENCY_KEY_REUSED


@pytest.mark.parametrize("headers", [{}, KEY], ids=["without a key", "with a key"])
async def test_a_caller_who_hangs_up_ends_the_vendors_call(headers: dict[str, str]) -> None:
    chat = Chat([*STREAM[:2], 5.0, *STREAM[2:]])
    caller, task = chat.begin(headers, stream=True)
    await chat.world.clock.advance(0.1)
    assert caller.messages
    await caller.hang_up(task)
    assert chat.world.hop.closed == 1
    event = chat.world.journal.events[0].data
    assert (event.outcome, event.reason) == ("cancelled", "cancelled")


async def test_where_the_first_of_a_key_hangs_up_the_others_get_their_answer() -> None:
    chat = Chat([*STREAM[:2], 5.0, *STREAM[2:]])
    (first, leaving), (second, staying) = [chat.begin(KEY, stream=True) for _ in range(2)]
    await chat.world.clock.advance(0.1)
    await first.hang_up(leaving)
    assert chat.world.hop.closed == 0
    await chat.world.clock.advance(6)
    await asyncio.wait_for(staying, 5)
    assert second.text.endswith(b"data: [DONE]\n\n")
    assert second.headers["idempotent-replayed"] == "true"
    assert len(chat.world.hop.asked) == 1


async def test_a_shared_answer_says_so() -> None:
    chat = Chat([1.0, *WHOLE], policy=Policy(single_flight=True, retries=0, hedge=False))
    asked = [chat.begin() for _ in range(3)]
    await chat.world.clock.advance(2)
    await asyncio.gather(*(task for _, task in asked))
    assert [caller.headers.get("x-seawall-cache") for caller, _ in asked] == [None, "shared", "shared"]
    assert {caller.headers["x-seawall-target"] for caller, _ in asked} == {"alpha/small"}
    assert [caller.headers["x-seawall-cost"] for caller, _ in asked] == ["0.00045", "0", "0"]
    assert USAGE.input_tokens == sum(event.data.tokens.input for event in chat.world.journal.events)
