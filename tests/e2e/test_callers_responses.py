"""OpenAI's SDK and its Responses API, before vendors that speak it, OpenAI's chats and Anthropic's messages."""

import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai.types.responses import FunctionToolParam, Response

from chassis import keys
from simulator import Behaviour, Cut, Simulator
from tests.e2e.system import System, running_system
from tests.stack.eventually import eventually

MANIFEST = """
organization: acme
providers:
  - {{name: alpha, vendor: openai-compatible, base_url: "{gpt}", keys: [env:VENDOR_KEY]}}
  - {{name: own, vendor: openai, base_url: "{gpt}", keys: [env:VENDOR_KEY]}}
  - {{name: beta, vendor: anthropic, base_url: "{claude}/v1", keys: [env:VENDOR_KEY]}}
models:
  - {{name: gpt, route: {{targets: [{{provider: alpha, model: small}}]}}}}
  - {{name: native, route: {{targets: [{{provider: own, model: gpt-5}}]}}}}
  - {{name: claude, route: {{targets: [{{provider: beta, model: claude-haiku-4-5}}]}}}}
projects:
  - name: shop
    keys: [{{name: ci, value: env:CI_KEY, role: owner}}]
  - name: desk
    keys: [{{name: other, value: env:OTHER_KEY, role: owner}}]
"""
MODELS = ("gpt", "native", "claude")
LOOK: FunctionToolParam = {
    "type": "function",
    "name": "look",
    "description": "Look something up.",
    "parameters": {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]},
    "strict": False,
}
OTHER_KEY = "OTHER_KEY"


def manifest(simulator: Simulator) -> str:
    simulator.vendor("beta").dialect = "anthropic"
    return MANIFEST.format(gpt=simulator.vendor("alpha").base_url, claude=simulator.vendor("beta").url)


@pytest.fixture(name="other", scope="module")
def _other() -> str:
    return keys.generate()


@pytest.fixture(name="system", scope="module")
async def _system(other: str) -> AsyncIterator[System]:
    async with running_system(manifest=manifest, environment={OTHER_KEY: other}) as system:
        yield system


@pytest.fixture(name="client")
async def _client(system: System) -> AsyncIterator[openai.AsyncOpenAI]:
    async with system.openai(max_retries=0) as client:
        yield client


def call_of(response: Response) -> Any:
    (call,) = [item for item in response.output if item.type == "function_call"]
    return call


@pytest.mark.parametrize("model", MODELS)
async def test_a_response_is_made_read_again_and_deleted(
    system: System, client: openai.AsyncOpenAI, model: str
) -> None:
    answer = await client.responses.with_raw_response.create(
        model=model, instructions="Be brief.", input="hello there", metadata={"for": "tests"}, max_output_tokens=100
    )
    response = answer.parse()
    assert "heard: hello there" in response.output_text
    assert (response.status, response.instructions, response.metadata) == ("completed", "Be brief.", {"for": "tests"})
    assert response.usage is not None
    assert response.usage.input_tokens > 0
    assert response.usage.output_tokens > 0
    assert answer.headers["x-request-id"] == answer.headers["x-seawall-request-id"]
    assert (await system.request(answer.headers["x-request-id"]))["outcome"] == "succeeded"
    assert await client.responses.retrieve(response.id) == response
    items = await client.responses.input_items.list(response.id)
    assert [item.type for item in items.data] == ["message"]
    await client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(response.id)


@pytest.mark.parametrize("model", MODELS)
async def test_a_streamed_response_is_whole_in_its_last_event(client: openai.AsyncOpenAI, model: str) -> None:
    async with client.responses.stream(model=model, input="hello there", max_output_tokens=100) as stream:
        events = [event async for event in stream]
        response = await stream.get_final_response()
    texts = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(texts) > 1
    assert "".join(texts) == response.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == "response.completed"
    assert response.usage is not None
    assert response.usage.total_tokens > 0
    assert (await client.responses.retrieve(response.id)).output_text == response.output_text


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", MODELS)
async def test_tools_are_called_and_heard_by_the_response_before(
    system: System, client: openai.AsyncOpenAI, model: str, stream: bool
) -> None:
    asked: dict[str, Any] = {"model": model, "input": "look up the tides", "tools": [LOOK], "tool_choice": "required"}
    if stream:
        async with client.responses.stream(**asked) as streaming:
            response: Response = await streaming.get_final_response()
    else:
        response = await client.responses.create(**asked)
    call = call_of(response)
    assert call.name == "look"
    assert isinstance(json.loads(call.arguments), dict)
    answer = await client.responses.create(
        model=model,
        previous_response_id=response.id,
        tools=[LOOK],
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "high water at noon"}],
    )
    assert "high water" in answer.output_text
    assert answer.previous_response_id == response.id
    items = await client.responses.input_items.list(answer.id, order="asc")
    assert [item.type for item in items.data] == ["message", "function_call", "function_call_output"]


async def test_a_conversation_moves_from_one_vendor_to_another(client: openai.AsyncOpenAI) -> None:
    first = await client.responses.create(model="gpt", input="look up the tides", tools=[LOOK], tool_choice="required")
    second = await client.responses.create(
        model="claude",
        previous_response_id=first.id,
        tools=[LOOK],
        input=[{"type": "function_call_output", "call_id": call_of(first).call_id, "output": "high water at noon"}],
    )
    assert "high water" in second.output_text
    for model in ("gpt", "native"):
        third = await client.responses.create(model=model, previous_response_id=second.id, input="thank you")
        assert "heard: thank you" in third.output_text


@pytest.fixture(name="long_answers")
async def _long_answers(system: System) -> AsyncIterator[None]:
    vendors = [system.simulator.vendor(name) for name in ("alpha", "beta")]
    for vendor in vendors:
        vendor.set(None, Behaviour(answer_tokens=40))
    yield
    for vendor in vendors:
        vendor.clear(None)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.usefixtures("long_answers")
async def test_an_answer_cut_at_its_length_is_incomplete(client: openai.AsyncOpenAI, model: str) -> None:
    # OpenAI takes no limit below 16.
    response = await client.responses.create(model=model, input="hello there", max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage is not None
    assert response.usage.output_tokens == 16


async def test_what_openai_thought_is_shown_to_it_again(system: System, client: openai.AsyncOpenAI) -> None:
    first = await client.responses.create(model="native", input="hello there", reasoning={"effort": "low"})
    thought = first.output[0]
    assert thought.type == "reasoning"
    await client.responses.create(model="native", previous_response_id=first.id, input="go on")
    sent = json.loads(system.simulator.vendor("alpha").calls[-1].body or b"")
    assert (sent["store"], "previous_response_id" in sent) == (False, False)
    (shown,) = [item for item in sent["input"] if item.get("type") == "reasoning"]
    assert shown["encrypted_content"]


async def test_another_project_finds_nothing(system: System, client: openai.AsyncOpenAI, other: str) -> None:
    response = await client.responses.create(model="gpt", input="hello there")
    stranger = client.with_options(api_key=other)
    with pytest.raises(openai.NotFoundError):
        await stranger.responses.retrieve(response.id)
    with pytest.raises(openai.NotFoundError):
        await stranger.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError) as refused:
        await stranger.responses.create(model="gpt", input="go on", previous_response_id=response.id)
    assert (refused.value.code, refused.value.param) == ("not_found", "previous_response_id")


async def test_errors_are_raised_as_openais_own(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as absent:
        await client.responses.create(model="absent", input="hi")
    assert absent.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="sw_unknown").responses.create(model="gpt", input="hi")
    with pytest.raises(openai.BadRequestError) as search:
        await client.responses.create(model="gpt", input="hi", tools=[{"type": "web_search"}])
    assert (search.value.code, search.value.param) == ("unsupported_by_target", "tools.web_search")
    with pytest.raises(openai.BadRequestError) as empty:
        await client.responses.create(model="gpt", input="")
    assert (empty.value.code, empty.value.param) == ("invalid_request", "input")


@pytest.mark.parametrize(("model", "upstream"), [("gpt", "small"), ("native", "gpt-5")])
async def test_a_stream_that_breaks_off_raises(
    system: System, client: openai.AsyncOpenAI, model: str, upstream: str
) -> None:
    vendor = system.simulator.vendor("alpha")
    vendor.set(upstream, Behaviour(faults=(Cut(after_chunks=4),)))
    seen: list[str] = []
    note = seen.append

    async def listen() -> None:
        events = await client.responses.create(model=model, input="hello there", stream=True)
        async for event in events:
            note(event.type)

    try:
        with pytest.raises(openai.APIError):
            await listen()
    finally:
        vendor.clear(upstream)
    assert seen[0] == "response.created"
    assert "response.output_text.delta" in seen
    assert "response.completed" not in seen

    async def back() -> bool:
        return (await client.responses.create(model=model, input="hello")).status == "completed"

    await eventually(back)
