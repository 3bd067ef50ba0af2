"""Answers and errors of a vendor of Azure's dialect, as OpenAI's own SDK reads them from Azure."""

import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI
from openai.types.chat import ChatCompletion

from simulator import (
    Access,
    Behaviour,
    ContentFilter,
    ContextLength,
    ErrorStatus,
    Filtered,
    Simulator,
    Vendor,
    VendorSpec,
)
from tests.integration.simulator.clients import MESSAGES, Wire, both, chat, failing
from tests.integration.simulator.test_tools_and_choices import TOOLS, calls
from tests.stack.eventually import PATIENCE

VERSION = "2024-10-21"
DEPLOYED = "/openai/deployments/prod/chat/completions"
SAFE = {"filtered": False, "severity": "safe"}


@pytest.fixture(name="azure")
async def _azure() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="azure", dialect="azure")], seed=1) as running:
        yield running.vendor("azure")


def deployments(vendor: Vendor, **more: Any) -> AsyncAzureOpenAI:
    """A client of deployments, with versions and `api-key`."""
    told: dict[str, Any] = {"api_key": "key-1234", "api_version": VERSION, **more}
    return AsyncAzureOpenAI(azure_endpoint=vendor.base_url, max_retries=0, timeout=PATIENCE, **told)


def version_1(vendor: Vendor) -> AsyncOpenAI:
    """A client of the API that has no versions, with a Bearer token."""
    return AsyncOpenAI(base_url=f"{vendor.base_url}/openai/v1/", api_key="key-1234", max_retries=0, timeout=PATIENCE)


@pytest.fixture(name="client", params=[deployments, version_1])
async def _client(azure: Vendor, request: pytest.FixtureRequest) -> AsyncIterator[AsyncOpenAI]:
    opened: AsyncOpenAI = request.param(azure)
    async with opened:
        yield opened


@pytest.fixture(name="wire")
async def _wire(azure: Vendor) -> AsyncIterator[Wire]:
    opened = await Wire.open(azure.base_url)
    yield opened
    opened.close()


async def ask(client: AsyncOpenAI, *, stream: bool, **fields: Any) -> ChatCompletion:
    asked = {"model": "prod", "messages": MESSAGES, **fields}
    if not stream:
        answer: ChatCompletion = await client.chat.completions.create(**asked)
        return answer
    async with client.chat.completions.stream(**asked) as parts:
        return await parts.get_final_completion()


@both
async def test_an_answer_is_openais(client: AsyncOpenAI, stream: bool) -> None:
    more = {"stream_options": {"include_usage": True}} if stream else {}
    answer = await ask(client, stream=stream, **more)
    (choice,) = answer.choices
    assert (choice.message.content or "").startswith("azure/prod heard: one two three")
    assert (choice.finish_reason, answer.model) == ("stop", "prod")
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (16, 16)


async def test_a_plain_answer_tells_what_filters_found(client: AsyncOpenAI, azure: Vendor) -> None:
    answer = await ask(client, stream=False)
    (prompt,) = (answer.model_extra or {})["prompt_filter_results"]
    assert (prompt["prompt_index"], prompt["content_filter_results"]["hate"]) == (0, SAFE)
    assert (answer.choices[0].model_extra or {})["content_filter_results"]["violence"] == SAFE
    azure.set(None, failing(Filtered(after_chunks=2)))
    stopped = (await ask(client, stream=False)).choices[0]
    assert stopped.finish_reason == "content_filter"
    assert (stopped.model_extra or {})["content_filter_results"]["violence"]["filtered"] is True


async def test_a_stream_begins_with_what_filters_found_in_the_prompt(client: AsyncOpenAI, azure: Vendor) -> None:
    azure.set(None, Behaviour(answer_tokens=2))
    first, *chunks = [
        chunk async for chunk in await client.chat.completions.create(model="prod", messages=MESSAGES, stream=True)
    ]
    assert (first.choices, first.id, first.model) == ([], "", "")
    assert (first.model_extra or {})["prompt_filter_results"][0]["content_filter_results"]["self_harm"] == SAFE
    told = [(chunk.choices[0].delta.content, (chunk.choices[0].model_extra or {})) for chunk in chunks]
    assert [bool(extra["content_filter_results"]) for _, extra in told] == [False, True, True, False]
    assert "".join(text or "" for text, _ in told) == "azure/prod heard:"


@both
async def test_functions_are_called(client: AsyncOpenAI, azure: Vendor, stream: bool) -> None:
    azure.set(None, Behaviour(answer="tool_calls", answer_tokens=3))
    answer = await ask(client, stream=stream, tools=TOOLS)
    assert calls(answer) == [
        ("weather", {"place": "azure/prod heard: one", "days": 1}),
        ("clock", {"answer": "azure/prod#2 heard: one"}),
    ]
    assert answer.choices[0].finish_reason == "tool_calls"


async def test_images_and_schemas_are_openais(client: AsyncOpenAI) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    content = [{"type": "text", "text": "one two"}, image]
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    answer = await ask(
        client,
        stream=False,
        messages=[{"role": "user", "content": content}],
        response_format={"type": "json_schema", "json_schema": {"name": "place", "schema": schema}},
    )
    assert json.loads(answer.choices[0].message.content or "")["name"].startswith("azure/prod heard: one two")
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 3 + 3 + 2 + 85


async def test_what_is_beside_chats_is_there(client: AsyncOpenAI) -> None:
    assert (await client.responses.create(model="prod", input="one")).output_text.startswith("azure/prod heard: one")
    completion = await client.completions.create(model="prod", prompt="one")
    assert completion.choices[0].text.startswith("\n\nazure/prod heard: one")
    assert "prompt_filter_results" in (completion.model_extra or {})
    assert len((await client.embeddings.create(model="prod", input="one")).data[0].embedding) == 1536
    assert [model.id async for model in client.models.list()] == ["azure-small", "azure-large"]


async def test_the_deployment_of_the_path_is_asked_whatever_the_body_says(azure: Vendor) -> None:
    async with deployments(azure, azure_deployment="other") as client:
        answer = await ask(client, stream=False)
    assert answer.model == "other"
    assert azure.calls[-1].model == "other"


async def test_a_token_is_as_good_as_a_key(azure: Vendor) -> None:
    azure.access = Access(keys=("token-1",))
    async with deployments(azure, api_key=None, azure_ad_token="token-1") as client:
        assert (await ask(client, stream=False)).model == "prod"


async def test_every_answer_has_the_requests_id(client: AsyncOpenAI) -> None:
    raw = await client.chat.completions.with_raw_response.create(model="prod", messages=MESSAGES)
    assert [len(part) for part in raw.headers["apim-request-id"].split("-")] == [8, 4, 4, 4, 12]


@both
async def test_errors_are_azures_own(client: AsyncOpenAI, azure: Vendor, stream: bool) -> None:
    azure.set(None, failing(ContentFilter()))
    with pytest.raises(openai.BadRequestError) as filtered:
        await ask(client, stream=stream)
    assert (filtered.value.code, filtered.value.param) == ("content_filter", "prompt")
    assert isinstance(filtered.value.body, dict)
    inner = filtered.value.body["innererror"]
    assert inner["code"] == "ResponsibleAIPolicyViolation"
    assert inner["content_filter_result"]["violence"]["filtered"] is True
    azure.set(None, failing(ErrorStatus(status=429, retry_after=1.5)))
    with pytest.raises(openai.RateLimitError) as limited:
        await ask(client, stream=stream)
    headers = limited.value.response.headers
    assert (headers["retry-after"], headers["retry-after-ms"], limited.value.code) == ("2", "1500", "429")
    azure.set(None, failing(ContextLength()))
    with pytest.raises(openai.BadRequestError) as long:
        await ask(client, stream=stream)
    assert long.value.code == "context_length_exceeded"
    azure.set(None, failing(ErrorStatus(status=500)))
    with pytest.raises(openai.InternalServerError):
        await ask(client, stream=stream)
    azure.clear(None)
    azure.access = Access(models=("absent",))
    with pytest.raises(openai.NotFoundError) as absent:
        await ask(client, stream=stream)
    assert absent.value.code == "DeploymentNotFound"
    azure.access = Access(keys=("another",))
    with pytest.raises(openai.AuthenticationError) as denied:
        await ask(client, stream=stream)
    assert denied.value.code == "401"


@pytest.mark.parametrize(
    "path",
    [
        DEPLOYED,
        f"{DEPLOYED}?api-version=1",
        f"{DEPLOYED}?api-version=",
        f"/openai/deployments/prod/responses?api-version={VERSION}",
        f"/v1/chat/completions?api-version={VERSION}",
        "/openai/responses",
    ],
)
async def test_where_there_is_nothing_or_no_version_is_told_as_not_found(wire: Wire, path: str) -> None:
    wire.post(chat(), path)
    status, body = await wire.response()
    assert (status, json.loads(body)["error"]) == (404, {"code": "404", "message": "Resource not found"})


async def test_who_shows_no_key_is_denied(wire: Wire) -> None:
    wire.writer.write(b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}" % DEPLOYED.encode())
    status, body = await wire.response()
    assert (status, json.loads(body)["error"]["code"]) == (401, "401")
