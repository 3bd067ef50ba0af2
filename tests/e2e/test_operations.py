"""What is asked beside chats, by the official SDKs with only base URL and key changed."""

from collections.abc import AsyncIterator

import anthropic
import grpc
import openai
import pytest
from google.protobuf.struct_pb2 import Struct

from seawall.gateway.v1 import chat_pb2, embedding_pb2, embedding_pb2_grpc, model_pb2, model_pb2_grpc
from simulator import Behaviour, Cut, ErrorStatus, Simulator
from tests.e2e.system import System, running_system

MANIFEST = """
organization: acme
providers:
  - {{name: alpha, vendor: openai-compatible, base_url: "{alpha}", keys: [env:VENDOR_KEY]}}
  - {{name: beta, vendor: openai-compatible, base_url: "{beta}", keys: [env:VENDOR_KEY]}}
  - {{name: claude, vendor: anthropic, base_url: "{claude}/v1", keys: [env:VENDOR_KEY]}}
models:
  - name: vectors
    route:
      targets: [{{provider: claude, model: haiku}}, {{provider: alpha, model: embed}}, {{provider: beta, model: embed}}]
  - {{name: claude, route: {{targets: [{{provider: claude, model: haiku}}]}}}}
  - {{name: small, route: {{targets: [{{provider: alpha, model: small}}, {{provider: beta, model: small}}]}}}}
prices:
  - {{provider: alpha, model: embed, input: "0.02", output: "0"}}
projects:
  - name: shop
    keys: [{{name: ci, value: env:CI_KEY, role: owner}}]
"""


def manifest(simulator: Simulator) -> str:
    return MANIFEST.format(**{name: simulator.vendor(name).base_url for name in ("alpha", "beta", "claude")})


@pytest.fixture(name="system", scope="module")
async def _system() -> AsyncIterator[System]:
    async with running_system(manifest=manifest) as system:
        yield system


@pytest.fixture(name="gpt")
async def _gpt(system: System) -> AsyncIterator[openai.AsyncOpenAI]:
    async with system.openai(max_retries=0) as client:
        yield client


@pytest.fixture(name="sonnet")
async def _sonnet(system: System) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=system.http(), api_key=system.key, max_retries=0) as client:
        yield client


async def test_texts_are_embedded_by_the_first_target_that_can(system: System, gpt: openai.AsyncOpenAI) -> None:
    answer = await gpt.embeddings.with_raw_response.create(model="vectors", input=["one", "two"], dimensions=16)
    parsed = answer.parse()
    assert [len(one.embedding) for one in parsed.data] == [16, 16]
    assert parsed.usage.prompt_tokens == 2
    assert answer.headers["x-seawall-target"] == "alpha/embed"
    told = await system.request(answer.headers["x-seawall-request-id"])
    assert told["outcome"] == "succeeded"
    assert [(one["target"], one.get("reason")) for one in told["attempts"]] == [
        ("claude/haiku", "unsupported_by_target"),
        ("alpha/embed", None),
    ]
    assert told["usage"]["inputTokens"] == "2"
    assert float(answer.headers["x-seawall-cost"]) == 0.00000004


async def test_an_embedding_fails_over(system: System, gpt: openai.AsyncOpenAI) -> None:
    system.simulator.vendor("alpha").set("embed", Behaviour(faults=(ErrorStatus(status=503),)))
    try:
        answer = await gpt.embeddings.with_raw_response.create(model="vectors", input="one", encoding_format="float")
    finally:
        system.simulator.vendor("alpha").clear("embed")
    assert answer.headers["x-seawall-target"] == "beta/embed"
    assert len(answer.parse().data[0].embedding) == 1536


async def test_where_nobody_can_embed_it_is_said(gpt: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await gpt.embeddings.create(model="claude", input="one")
    assert refused.value.code == "unsupported_by_target"


async def test_a_text_is_gone_on_with_whole_and_streamed(system: System, gpt: openai.AsyncOpenAI) -> None:
    whole = await gpt.completions.create(model="small", prompt="once upon a time", max_tokens=50)
    assert whole.choices[0].text.startswith("\n\nalpha/small heard: once upon")
    stream = await gpt.completions.create(model="small", prompt="once upon a time", max_tokens=50, stream=True)
    assert "".join([chunk.choices[0].text async for chunk in stream]) == whole.choices[0].text
    system.simulator.vendor("alpha").set("small", Behaviour(faults=(Cut(next_calls=1, after_chunks=4),)))
    try:
        stream = await gpt.completions.create(model="small", prompt="once upon a time", max_tokens=50, stream=True)
        texts = [chunk.choices[0].text async for chunk in stream]
    finally:
        system.simulator.vendor("alpha").clear("small")
    assert "".join(texts).split()[:6] == whole.choices[0].text.split()[:6]
    with pytest.raises(openai.BadRequestError) as refused:
        await gpt.completions.create(model="claude", prompt="once")
    assert refused.value.code == "unsupported_by_target"


async def test_tokens_are_counted_by_anthropic_and_estimated_for_others(
    system: System, sonnet: anthropic.AsyncAnthropic
) -> None:
    asked: list[anthropic.types.MessageParam] = [{"role": "user", "content": "how many tokens are these"}]
    counted = await sonnet.messages.with_raw_response.count_tokens(model="claude", messages=asked)
    message = await sonnet.messages.create(model="claude", max_tokens=10, messages=asked)
    assert (await counted.parse()).input_tokens == message.usage.input_tokens
    assert "x-seawall-estimated" not in counted.headers
    assert (await system.request(counted.headers["request-id"]))["outcome"] == "succeeded"
    assert float(counted.headers["x-seawall-cost"]) == 0
    estimated = await sonnet.messages.with_raw_response.count_tokens(model="small", messages=asked)
    assert (await estimated.parse()).input_tokens > 0
    assert estimated.headers["x-seawall-estimated"] == "true"


async def test_the_callers_version_and_betas_reach_anthropic(system: System, sonnet: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        await sonnet.messages.create(
            model="claude",
            max_tokens=10,
            messages=[{"role": "user", "content": "hi"}],
            extra_headers={"anthropic-version": "1999-01-01"},
        )
    assert "is not a valid version" in str(refused.value)


async def test_models_are_listed_in_either_shape(gpt: openai.AsyncOpenAI, sonnet: anthropic.AsyncAnthropic) -> None:
    listed = [model.id async for model in gpt.models.list()]
    assert {"vectors", "claude", "small"} <= set(listed)
    assert [model.id async for model in sonnet.models.list(limit=2)] == listed
    model = await sonnet.models.retrieve("small")
    assert (model.id, model.type, model.display_name, model.lifecycle) == ("small", "model", "small", "active")
    with pytest.raises(anthropic.NotFoundError) as absent:
        await sonnet.models.retrieve("absent")
    assert absent.value.error_code == "model_not_found"


@pytest.fixture(name="channel")
async def _channel(system: System) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(system.grpc()) as channel:
        yield channel


async def test_grpc_embeds_texts_and_tokens_as_the_sdk_does(
    system: System, gpt: openai.AsyncOpenAI, channel: grpc.aio.Channel
) -> None:
    stub, key = embedding_pb2_grpc.EmbeddingServiceStub(channel), (("authorization", f"Bearer {system.key}"),)
    texts = [embedding_pb2.EmbeddingInput(text=text) for text in ("one", "two")]
    asked = embedding_pb2.EmbedRequest(model="vectors", inputs=texts, dimensions=8)
    answer = await stub.Embed(asked, metadata=key)
    same = await gpt.embeddings.create(model="vectors", input=["one", "two"], dimensions=8)
    assert [list(one.values) for one in answer.embeddings] == [one.embedding for one in same.data]
    assert (answer.usage.input_tokens, answer.receipt.target, answer.receipt.attempts) == (2, "alpha/embed", 2)
    tokens = embedding_pb2.EmbeddingInput(tokens=embedding_pb2.TokenList(ids=[1, 2, 3]))
    asked = embedding_pb2.EmbedRequest(model="vectors", inputs=[tokens])
    assert (await stub.Embed(asked, metadata=key)).usage.input_tokens == 3
    asked.options.CopyFrom(chat_pb2.Options(idempotency_key="embedded-once"))
    first = await stub.Embed(asked, metadata=key)
    assert (await stub.Embed(asked, metadata=key)).receipt.request_id == first.receipt.request_id
    repeated = Struct()
    repeated.update({"input": "x"})
    for wrong in (
        embedding_pb2.EmbedRequest(model="vectors"),
        embedding_pb2.EmbedRequest(model="vectors", inputs=[*texts, tokens]),
        embedding_pb2.EmbedRequest(model="vectors", inputs=texts, extra=repeated),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Embed(wrong, metadata=key)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_grpc_lists_models_page_by_page(system: System, channel: grpc.aio.Channel) -> None:
    stub, key = model_pb2_grpc.ModelServiceStub(channel), (("authorization", f"Bearer {system.key}"),)
    listed = await stub.ListModels(model_pb2.ListModelsRequest(), metadata=key)
    names = [model.id for model in listed.models]
    assert listed.next_page_token == ""
    first = await stub.ListModels(model_pb2.ListModelsRequest(page_size=1), metadata=key)
    rest = await stub.ListModels(model_pb2.ListModelsRequest(page_token=first.next_page_token), metadata=key)
    assert [model.id for model in (*first.models, *rest.models)] == names
    assert (await stub.GetModel(model_pb2.GetModelRequest(id="small"), metadata=key)).model.id == "small"
    with pytest.raises(grpc.aio.AioRpcError) as absent:
        await stub.GetModel(model_pb2.GetModelRequest(id="absent"), metadata=key)
    assert absent.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await stub.ListModels(model_pb2.ListModelsRequest())
    assert unknown.value.code() is grpc.StatusCode.UNAUTHENTICATED
