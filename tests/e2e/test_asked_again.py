"""Requests that are asked again: under one idempotency key, or simply the same, at several gateways."""

import asyncio
import json
from collections.abc import AsyncIterator

import grpc
import pytest

from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from simulator import Behaviour, Constant, Simulator
from tests.e2e.system import Answer, System, running_system
from tests.stack.eventually import PATIENCE, eventually

MANIFEST = """
organization: acme
providers:
  - {{name: alpha, vendor: openai-compatible, base_url: "{alpha}", keys: [env:VENDOR_KEY]}}
models:
  - name: cached
    route: {{targets: [{{provider: alpha, model: cached}}], policy: {{cache: {{ttl: 60s, stale: 10m}}}}}}
  - name: shared
    route: {{targets: [{{provider: alpha, model: shared}}], policy: {{single_flight: true, hedge: "off"}}}}
prices:
  - {{provider: alpha, model: shared, input: "0.25", output: "2"}}
projects:
  - name: shop
    keys: [{{name: ci, value: env:CI_KEY, role: owner}}]
"""

SLOW = Behaviour(first_byte=Constant(seconds=3.0))
"""So slow that fifty callers have asked before it answers."""


@pytest.fixture(scope="module")
async def two() -> AsyncIterator[System]:
    """A system of two gateways."""

    def manifest(simulator: Simulator) -> str:
        return MANIFEST.format(alpha=simulator.vendor("alpha").base_url)

    async with running_system(manifest=manifest) as system:
        system.add("second", "gateway")
        await system.start("second")
        yield system


def calls(system: System, model: str) -> int:
    return sum(call.model == model for call in system.simulator.vendor("alpha").calls)


async def ask(system: System, model: str, gateway: str = "gateway", *, stream: bool = False, **headers: str) -> Answer:
    body = json.dumps({"model": model, "stream": stream, "messages": [{"role": "user", "content": "hi"}]}).encode()
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return await system.post(f"{system.http(gateway)}/v1/chat/completions", body, headers=told)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_fifty_equals_of_one_key_at_two_gateways_make_one_call(two: System, stream: bool) -> None:
    model = f"alpha/once-{stream}"
    two.simulator.vendor("alpha").set(f"once-{stream}", SLOW)
    gateways = ("gateway", "second")
    answers = await asyncio.gather(
        *(ask(two, model, gateways[number % 2], stream=stream, idempotency_key=model) for number in range(50))
    )
    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
    assert calls(two, f"once-{stream}") == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    again = await ask(two, model, "second", stream=stream, idempotency_key=model)
    assert (again.status, again.body) == (200, answers[0].body)
    other = await ask(two, "alpha/other", idempotency_key=model)
    assert (other.status, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


async def test_a_gateway_that_is_killed_leaves_its_keys_to_the_other(two: System) -> None:
    two.simulator.vendor("alpha").set("orphan", Behaviour(first_byte=Constant(seconds=3.0)))
    two.add("doomed", "gateway")
    await two.start("doomed")
    first = asyncio.create_task(ask(two, "alpha/orphan", "doomed", idempotency_key="orphan"))
    await eventually(lambda: calls(two, "orphan") == 1)
    second = asyncio.create_task(ask(two, "alpha/orphan", "second", idempotency_key="orphan"))
    await two.services["doomed"].kill()
    await asyncio.wait([first])
    answer = await asyncio.wait_for(second, PATIENCE)
    assert (answer.status, calls(two, "orphan")) == (200, 2)
    assert "idempotent-replayed" not in answer.headers


async def test_a_typed_caller_gets_the_same_answer_again(two: System) -> None:
    chat = pb.Chat(model="alpha/typed", messages=[pb.Message(role="user", text="hi")])
    options = pb.Options(idempotency_key="typed")
    metadata = (("authorization", f"Bearer {two.key}"),)
    async with grpc.aio.insecure_channel(two.grpc()) as channel:
        stub = chat_pb2_grpc.ChatServiceStub(channel)
        whole = [await stub.Complete(pb.CompleteRequest(chat=chat, options=options), metadata=metadata) for _ in "12"]
        assert whole[0] == whole[1]
        streamed = []
        for _ in range(2):
            call = stub.StreamComplete(pb.StreamCompleteRequest(chat=chat, options=options), metadata=metadata)
            streamed.append(([piece async for piece in call], dict(await call.initial_metadata())))
        assert streamed[0][0] == streamed[1][0]
        assert [told.get("idempotent-replayed") for _, told in streamed] == [None, "true"]
        chat.seed = 1
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Complete(pb.CompleteRequest(chat=chat, options=options), metadata=metadata)
        assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert calls(two, "typed") == 2


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_an_answer_is_given_again_by_the_other_gateway_and_is_in_the_ledger_for_nothing(
    two: System, stream: bool
) -> None:
    before = calls(two, "cached")
    first = await ask(two, "cached", stream=stream)
    hit = await ask(two, "cached", "second", stream=stream)
    assert (first.headers["x-seawall-cache"], hit.headers["x-seawall-cache"]) == ("miss", "exact")
    assert hit.body == first.body
    assert "age" in hit.headers
    assert calls(two, "cached") == before + 1
    request = await two.request(hit.headers["x-seawall-request-id"])
    assert request["outcome"] == "succeeded"
    assert "attempts" not in request
    fresh = await ask(two, "cached", stream=stream, cache_control="no-store")
    assert "x-seawall-cache" not in fresh.headers
    assert calls(two, "cached") == before + 2


async def test_identical_requests_under_way_share_a_call(two: System) -> None:
    two.simulator.vendor("alpha").set("shared", SLOW)
    answers = await asyncio.gather(*(ask(two, "shared") for _ in range(50)))
    assert {answer.body for answer in answers} == {answers[0].body}
    assert calls(two, "shared") == 1
    costs = sorted(answer.headers["x-seawall-cost"] for answer in answers)
    assert costs[:49] == ["0"] * 49
    assert float(costs[49]) > 0
