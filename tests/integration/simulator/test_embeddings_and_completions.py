"""Embeddings and the older completions, as OpenAI's SDK reads them; and faults, which meet them like any call."""

import contextlib
import math
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from simulator import Behaviour, Cut, ErrorStatus, GarbageEvent, HugeBody, InvalidUtf8, Malformed, Vendor
from tests.integration.simulator.clients import failing


async def test_vectors_are_alike_in_both_encodings(client: AsyncOpenAI) -> None:
    # The SDK asks for base64 where nothing is said, and decodes it.
    packed = await client.embeddings.create(model="vectors", input=["one two", "three"])
    plain = await client.embeddings.create(model="vectors", input=["one two", "three"], encoding_format="float")
    assert [one.index for one in packed.data] == [0, 1]
    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding)
    assert packed.data[0].embedding != packed.data[1].embedding
    assert all(len(one.embedding) == 1536 for one in packed.data)
    assert math.hypot(*packed.data[0].embedding) == pytest.approx(1.0, abs=1e-5)
    assert (packed.model, packed.usage.prompt_tokens, packed.usage.total_tokens) == ("vectors", 4, 4)


async def test_a_vector_depends_on_model_text_and_dimensions_alone(client: AsyncOpenAI) -> None:
    async def vector(**fields: Any) -> list[float]:
        asked = {"model": "vectors", "input": "one", "dimensions": 8, **fields}
        return (await client.embeddings.create(**asked)).data[0].embedding

    first = await vector()
    assert len(first) == 8
    assert await vector() == first
    assert await vector(input="two") != first
    assert await vector(model="other") != first
    assert await vector(input=[1, 2, 3]) != first


@pytest.mark.parametrize("wrong", [{"input": ""}, {"input": []}, {"input": "x", "dimensions": 0}])
async def test_what_cannot_be_embedded_is_refused(client: AsyncOpenAI, wrong: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError):
        await client.embeddings.create(model="vectors", **wrong)


async def test_a_text_is_gone_on_with(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=5))
    whole = await client.completions.create(model="gpt", prompt="one two three")
    assert (whole.object, whole.choices[0].finish_reason) == ("text_completion", "stop")
    assert whole.choices[0].text == "\n\nalpha/gpt heard: one two three"
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 5
    stream = await client.completions.create(
        model="gpt", prompt="one two three", stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == whole.choices[0].text
    assert chunks[-1].usage == whole.usage
    begun = "one two three\n\nalpha/gpt heard: one"
    rest = await client.completions.create(model="gpt", prompt=begun)
    assert rest.choices[0].text == " two three"


async def test_each_prompt_is_answered_as_often_as_wanted(client: AsyncOpenAI) -> None:
    answer = await client.completions.create(model="gpt", prompt=["one", "two"], n=2, max_tokens=1, echo=True)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert {choice.finish_reason for choice in answer.choices} == {"length"}
    assert answer.choices[0].text == "one\n\nalpha/gpt"


async def _ask(client: AsyncOpenAI, endpoint: str) -> None:
    if endpoint == "embeddings":
        await client.embeddings.create(model="gpt", input="one")
    else:
        await client.completions.create(model="gpt", prompt="one")


@pytest.mark.parametrize("endpoint", ["embeddings", "completions"])
async def test_faults_meet_every_endpoint(client: AsyncOpenAI, alpha: Vendor, endpoint: str) -> None:
    alpha.set(None, failing(ErrorStatus(status=429, retry_after=3)))
    with pytest.raises(openai.RateLimitError) as limited:
        await _ask(client, endpoint)
    assert limited.value.response.headers["retry-after"] == "3"
    for fault in (Malformed(), Cut(how="closed"), InvalidUtf8(), GarbageEvent(what="types"), GarbageEvent(what="html")):
        alpha.set(None, failing(fault))
        # What the SDK makes of it is its own affair.
        with contextlib.suppress(openai.APIError, ValueError, TypeError, AttributeError):
            await _ask(client, endpoint)
        assert alpha.calls[-1].outcome.startswith("faulted:")
    alpha.set(None, failing(HugeBody(bytes=10_000)))
    raw = await client.post(f"/{endpoint}", body={"model": "gpt", "input": "x"}, cast_to=object)
    assert len(str(raw)) > 10_000
