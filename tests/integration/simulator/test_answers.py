"""Undisturbed answers, as OpenAI's SDK reads them."""

import asyncio
import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionContentPartParam
from openai.types.completion_usage import CompletionUsage, PromptTokensDetails

from simulator import Access, Behaviour, Constant, Simulator, Vendor, VendorSpec
from tests.integration.simulator.clients import MESSAGES, Wire, chat, sdk
from tests.stack.eventually import eventually


async def complete(client: AsyncOpenAI, *, model: str = "gpt", **fields: Any) -> ChatCompletion:
    answer: ChatCompletion = await client.chat.completions.create(model=model, messages=MESSAGES, **fields)
    return answer


async def streamed(client: AsyncOpenAI, **fields: Any) -> list[ChatCompletionChunk]:
    stream = await client.chat.completions.create(model="gpt", messages=MESSAGES, stream=True, **fields)
    return [chunk async for chunk in stream]


def said(answer: ChatCompletion) -> str:
    return answer.choices[0].message.content or ""


def usage(answer: ChatCompletion | ChatCompletionChunk) -> CompletionUsage:
    assert answer.usage is not None
    return answer.usage


def text(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


async def test_a_plain_answer_is_a_whole_chat_completion(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=4))
    answer = await complete(client)
    assert answer.id.startswith("chatcmpl-")
    assert (answer.object, answer.model, len(answer.choices)) == ("chat.completion", "gpt", 1)
    choice = answer.choices[0]
    assert (choice.message.role, choice.message.content) == ("assistant", "alpha/gpt heard: one two")
    assert (choice.finish_reason, choice.message.refusal, choice.message.tool_calls) == ("stop", None, None)
    # 39 characters: 3 + 3 + 10.
    assert (usage(answer).prompt_tokens, usage(answer).completion_tokens, usage(answer).total_tokens) == (16, 4, 20)
    assert usage(answer).prompt_tokens_details == PromptTokensDetails(cached_tokens=0, audio_tokens=0)
    details = usage(answer).completion_tokens_details
    assert details is not None
    assert details.reasoning_tokens == 0


async def test_a_streamed_answer_has_the_text_of_the_plain_one(client: AsyncOpenAI) -> None:
    plain = (await complete(client)).choices[0].message.content
    chunks = await streamed(client)
    assert text(chunks) == plain
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]


async def test_a_stream_without_include_usage_never_mentions_usage(client: AsyncOpenAI, wire: Wire) -> None:
    assert all(chunk.usage is None for chunk in await streamed(client))
    wire.post(chat(stream=True))
    assert b'"usage"' not in await wire.until(b"[DONE]\n\n")


async def test_include_usage_adds_one_last_chunk_without_choices(client: AsyncOpenAI, wire: Wire) -> None:
    chunks = await streamed(client, stream_options={"include_usage": True})
    assert [bool(chunk.choices) for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert (usage(chunks[-1]).prompt_tokens, usage(chunks[-1]).completion_tokens) == (16, 16)
    wire.post(chat(stream=True, stream_options={"include_usage": True}))
    body = await wire.until(b"[DONE]\n\n")
    assert body.count(b'"usage":null') == len(chunks) - 1


async def test_the_number_of_chunks_follows_the_tokens_per_chunk(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=10, tokens_per_chunk=4))
    pieces = [chunk.choices[0].delta.content for chunk in await streamed(client)]
    assert [piece for piece in pieces if piece] == ["alpha/gpt heard: one two", " three four five six", " seven eight"]


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
async def test_a_token_limit_ends_the_answer_with_length(client: AsyncOpenAI, limit: str) -> None:
    limited: dict[str, Any] = {limit: 3}
    answer = await complete(client, **limited)
    assert (answer.choices[0].finish_reason, usage(answer).completion_tokens) == ("length", 3)
    chunks = await streamed(client, **limited)
    assert (chunks[-1].choices[0].finish_reason, text(chunks)) == ("length", "alpha/gpt heard: one")


async def test_text_parts_are_heard_like_text(client: AsyncOpenAI) -> None:
    parts: list[ChatCompletionContentPartParam] = [
        {"type": "text", "text": "look here"},
        {"type": "image_url", "image_url": {"url": "data:,"}},
    ]
    answer = await client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": parts}])
    assert said(answer).startswith("alpha/gpt heard: look here")


async def test_unicode_and_quotes_survive(client: AsyncOpenAI) -> None:
    asked = 'schön "quoted" \\ 🌊'
    answer = await client.chat.completions.create(model='m"ü', messages=[{"role": "user", "content": asked}])
    assert answer.model == 'm"ü'
    assert said(answer).startswith(f'alpha/m"ü heard: {asked}')


async def test_every_response_has_a_request_id_and_its_processing_time(client: AsyncOpenAI) -> None:
    raw = await client.chat.completions.with_raw_response.create(model="gpt", messages=MESSAGES)
    assert raw.headers["x-request-id"].startswith("req_")
    assert int(raw.headers["openai-processing-ms"]) >= 0


async def test_ids_differ_between_calls_and_between_vendors(sim: Simulator, client: AsyncOpenAI) -> None:
    async with sdk(sim.vendor("beta")) as other:
        ids = [(await complete(client)).id, (await complete(client)).id, (await complete(other)).id]
    assert len(set(ids)) == 3


async def test_the_sdk_lists_and_retrieves_models(client: AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["alpha-small", "alpha-large"]
    assert (await client.models.retrieve("any/name")).id == "any/name"


async def test_latencies_are_waited_before_headers_and_between_chunks(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(
        "gpt", Behaviour(first_byte=Constant(seconds=0.1), between_chunks=Constant(seconds=0.05), answer_tokens=5)
    )
    await streamed(client)
    await eventually(lambda: alpha.calls[-1].outcome == "completed")
    assert alpha.calls[-1].seconds >= 0.3


async def test_a_model_behaves_as_set_for_it_and_the_others_as_the_vendor(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=3))
    alpha.set("long/one", Behaviour(answer_tokens=9))
    assert usage(await complete(client, model="long/one")).completion_tokens == 9
    assert usage(await complete(client)).completion_tokens == 3
    alpha.clear("long/one")
    assert usage(await complete(client, model="long/one")).completion_tokens == 3
    alpha.clear(None)
    assert usage(await complete(client)).completion_tokens == 16


async def test_the_recorder_has_the_call_and_the_body_with_its_unknown_fields(
    alpha: Vendor, client: AsyncOpenAI
) -> None:
    await complete(client, extra_body={"made_up": {"deep": [1]}}, extra_headers={"traceparent": "00-ab-cd-01"})
    await eventually(lambda: alpha.calls[-1].outcome == "completed")
    call = alpha.calls[-1]
    assert (call.model, call.stream, call.status, call.key_suffix) == ("gpt", False, 200, "1234")
    assert (call.traceparent, call.prompt_tokens, call.completion_tokens) == ("00-ab-cd-01", 16, 16)
    assert json.loads(call.body or b"")["made_up"] == {"deep": [1]}


async def test_a_caller_that_leaves_is_recorded_with_what_it_got(alpha: Vendor, wire: Wire) -> None:
    alpha.set(None, Behaviour(between_chunks=Constant(seconds=0.05), answer_tokens=1000))
    wire.post(chat(stream=True))
    await wire.until(b" heard:")
    wire.close()
    await eventually(lambda: alpha.calls[0].outcome == "client_closed")
    call = alpha.calls[0]
    assert call.client_left
    assert call.seconds > 0
    assert 2 <= call.completion_tokens == call.chunks < 1000
    assert alpha.counters()["completion_tokens"] == call.completion_tokens


async def test_a_caller_that_leaves_before_the_answer_got_nothing(alpha: Vendor, wire: Wire) -> None:
    alpha.set(None, Behaviour(first_byte=Constant(seconds=60)))
    wire.post(chat())
    await eventually(lambda: alpha.calls)
    assert alpha.counters()["in_flight"] == 1
    wire.close()
    await eventually(lambda: alpha.counters()["in_flight"] == 0)
    assert (alpha.calls[0].outcome, alpha.calls[0].status, alpha.calls[0].prompt_tokens) == ("client_closed", 0, 0)


async def test_a_closed_set_of_keys_refuses_every_other() -> None:
    spec = VendorSpec(name="strict", access=Access(keys=frozenset({"sk-good"})))
    async with Simulator([spec]) as sim, sdk(sim.vendor("strict"), "sk-good") as good, sdk(sim.vendor("strict")) as bad:
        await complete(good)
        with pytest.raises(openai.AuthenticationError) as caught:
            await complete(bad)
        assert (caught.value.code, caught.value.type) == ("invalid_api_key", "invalid_request_error")
        sim.vendor("strict").access = Access(keys=frozenset({"sk-test-1234"}))
        await complete(bad)
        assert [call.outcome for call in sim.vendor("strict").calls] == ["completed", "rejected", "completed"]


async def test_a_closed_list_of_models_knows_no_other() -> None:
    spec = VendorSpec(name="small", access=Access(models=("only",)))
    async with Simulator([spec]) as sim, sdk(sim.vendor("small")) as client:
        assert [model.id async for model in client.models.list()] == ["only"]
        await complete(client, model="only")
        with pytest.raises(openai.NotFoundError) as caught:
            await complete(client, model="another")
        assert caught.value.code == "model_not_found"
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("another")


async def test_many_callers_at_once_all_get_their_own_answers(client: AsyncOpenAI, alpha: Vendor) -> None:
    models = [f"model-{number}" for number in range(100)]
    answers = await asyncio.gather(*(complete(client, model=model) for model in models))
    assert [said(answer).split()[0] for answer in answers] == [f"alpha/{m}" for m in models]
    await eventually(lambda: alpha.counters()["completed"] == 100)
