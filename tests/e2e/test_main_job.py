"""The main job, as applications see it: the official SDK and gRPC get answers, and each request is in the ledger."""

import asyncio
import time
from decimal import Decimal
from typing import Any

import grpc
import openai
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from openai.types.chat import ChatCompletionMessageParam

from seawall.gateway.v1 import chat_pb2 as pb
from seawall.gateway.v1 import chat_pb2_grpc
from tests.e2e.system import System
from tests.stack.eventually import eventually

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello there"}]


async def test_the_openai_sdk_gets_an_answer(system: System) -> None:
    answer = await system.openai().chat.completions.create(model="chat", messages=HELLO)
    assert (answer.choices[0].message.content or "").startswith("alpha/small heard: hello there")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


@pytest.mark.parametrize("usage", [True, False])
async def test_the_openai_sdk_gets_a_streamed_answer(system: System, usage: bool) -> None:
    stream = await system.openai().chat.completions.create(
        model="chat",
        messages=HELLO,
        stream=True,
        stream_options={"include_usage": True} if usage else openai.omit,
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text.startswith("alpha/small heard: hello there")
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert [chunk.usage is not None for chunk in chunks].count(True) == usage, "usage comes where it was asked for"


async def test_the_openai_sdk_lists_models(system: System) -> None:
    client = system.openai()
    assert [model.id async for model in client.models.list()] == ["chat"]
    assert (await client.models.retrieve("chat")).id == "chat"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("absent")


async def test_fields_that_seawall_does_not_know_reach_the_vendor(system: System) -> None:
    await system.chat("passing through", brand_new={"deep": [1, 2.50, "ü"]}, user="u-1")
    call = system.simulator.vendor("alpha").calls[-1]
    assert call.body is not None
    assert b'"brand_new":{"deep": [1, 2.5, "\\u00fc"]}' in call.body


async def test_a_provider_and_its_model_may_be_named_outright(system: System) -> None:
    answer = await system.chat(model="beta/large")
    assert answer.json()["choices"][0]["message"]["content"].startswith("beta/large heard")


async def test_grpc_answers_whole_and_streamed(system: System) -> None:
    async with grpc.aio.insecure_channel(system.grpc()) as channel:
        stub = chat_pb2_grpc.ChatServiceStub(channel)
        chat = pb.Chat(model="chat", messages=[pb.Message(role="user", text="hello there")], max_tokens=100)
        metadata = (("authorization", f"Bearer {system.key}"),)
        whole = await stub.Complete(pb.CompleteRequest(chat=chat), metadata=metadata)
        pieces = [piece async for piece in stub.StreamComplete(pb.StreamCompleteRequest(chat=chat), metadata=metadata)]
    assert whole.choices[0].message.text.startswith("alpha/small heard: hello there")
    assert whole.choices[0].finish_reason == "stop"
    assert (whole.receipt.target, whole.receipt.attempts) == ("alpha/small", 1)
    streamed = "".join(choice.text for piece in pieces for choice in piece.choices)
    assert streamed == whole.choices[0].message.text
    assert pieces[-1].usage == whole.usage
    assert pieces[-1].receipt.cost_usd == whole.receipt.cost_usd != ""


async def test_grpc_errors_carry_their_reason(system: System) -> None:
    async with grpc.aio.insecure_channel(system.grpc()) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await chat_pb2_grpc.ChatServiceStub(channel).Complete(pb.CompleteRequest(chat=pb.Chat(model="chat")))
    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_client_that_knows_nothing_learns_the_api_by_reflection(system: System) -> None:
    def ask() -> str:
        with grpc.insecure_channel(system.grpc()) as channel:
            pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
            method = pool.FindServiceByName("seawall.gateway.v1.ChatService").methods_by_name["Complete"]
            request: Any = GetMessageClass(method.input_type)
            response: Any = GetMessageClass(method.output_type)
            message = request(chat={"model": "chat", "messages": [{"role": "user", "text": "hi"}]})
            call = channel.unary_unary(
                f"/{method.containing_service.full_name}/{method.name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString,
            )
            answer = call(message, metadata=(("authorization", f"Bearer {system.key}"),), timeout=10)
            return str(answer.choices[0].message.text)

    assert (await asyncio.to_thread(ask)).startswith("alpha/small heard: hi")


async def test_the_ledger_has_the_request_within_two_seconds_with_tokens_cost_plan_and_attempts(
    system: System,
) -> None:
    answer = await system.chat("what does it cost")
    asked = time.monotonic()
    request = await system.request(answer.headers["x-seawall-request-id"])
    print(f"the ledger had the request {time.monotonic() - asked:.2f} s after its answer")
    usage = answer.json()["usage"]
    tokens = {name: int(count) for name, count in request["usage"].items()}
    assert tokens == {"inputTokens": usage["prompt_tokens"], "outputTokens": usage["completion_tokens"]}
    cost = (Decimal(usage["prompt_tokens"]) * Decimal("0.25") + usage["completion_tokens"] * 2) / 1_000_000
    assert Decimal(request["costUsd"]) == cost == Decimal(answer.headers["x-seawall-cost"])
    assert (request["project"], request["key"], request["model"], request["target"]) == (
        "shop",
        "ci",
        "chat",
        "alpha/small",
    )
    assert [(step["target"], step["position"]) for step in request["plan"]] == [("alpha/small", 1), ("beta/small", 2)]
    assert all(step["explanation"] for step in request["plan"])
    assert [attempt["target"] for attempt in request["attempts"]] == ["alpha/small"]


async def test_usage_sums_what_was_asked(system: System) -> None:
    for _ in range(7):
        assert (await system.chat(model="beta/counted")).status == 200

    async def counted() -> bool:
        query = {"parent": "organizations/-", "model": "beta/counted", "groupBy": ["USAGE_GROUP_TARGET"]}
        (row,) = (await system.rpc("MonitorService/QueryUsage", **query))["rows"]
        assert (row["target"], row["requests"], row["unpricedRequests"]) == ("beta/counted", "7", "7")
        return True

    await eventually(counted)
