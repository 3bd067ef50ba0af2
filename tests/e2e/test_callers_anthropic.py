"""Anthropic's SDK as a caller, with only base URL and key changed; the vendors behind speak OpenAI's dialect."""

from collections.abc import AsyncIterator

import anthropic
import pytest
from anthropic.types import Message, MessageParam, ToolParam

from simulator import Behaviour, Cut
from tests.e2e.system import System
from tests.stack.eventually import eventually

HELLO: list[MessageParam] = [{"role": "user", "content": "hello there"}]
LOOK: ToolParam = {
    "name": "look",
    "description": "Look something up.",
    "input_schema": {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]},
}


@pytest.fixture(name="client")
async def _client(system: System) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=system.http(), api_key=system.key, max_retries=0) as client:
        yield client


def text_of(message: Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


async def test_the_sdk_gets_a_message(system: System, client: anthropic.AsyncAnthropic) -> None:
    answer = await client.messages.with_raw_response.create(
        model="chat", max_tokens=100, system="Be brief.", messages=HELLO, extra_body={"top_k": 5}
    )
    message = await answer.parse()
    assert text_of(message).startswith("alpha/small heard: hello there")
    assert (message.role, message.stop_reason) == ("assistant", "end_turn")
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0
    assert answer.headers["request-id"] == answer.headers["x-seawall-request-id"] == message._request_id
    assert answer.headers["x-seawall-target"] == "alpha/small"
    assert (await system.request(answer.headers["request-id"]))["outcome"] == "succeeded"


async def test_the_sdk_gets_a_streamed_message(client: anthropic.AsyncAnthropic) -> None:
    async with client.messages.stream(model="chat", max_tokens=100, messages=HELLO) as stream:
        texts = [text async for text in stream.text_stream]
        message = await stream.get_final_message()
    assert len(texts) > 1
    assert "".join(texts) == text_of(message)
    assert text_of(message).startswith("alpha/small heard: hello there")
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens > 0


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_tools_are_called_and_their_results_heard(client: anthropic.AsyncAnthropic, stream: bool) -> None:
    asked: list[MessageParam] = [{"role": "user", "content": "look up the tides"}]
    message: Message
    if stream:
        async with client.messages.stream(
            model="chat", max_tokens=100, messages=asked, tools=[LOOK], tool_choice={"type": "any"}
        ) as streamed:
            message = await streamed.get_final_message()
    else:
        message = await client.messages.create(
            model="chat", max_tokens=100, messages=asked, tools=[LOOK], tool_choice={"type": "any"}
        )
    assert message.stop_reason == "tool_use"
    (call,) = [block for block in message.content if block.type == "tool_use"]
    assert call.name == "look"
    assert isinstance(call.input, dict)
    answer = await client.messages.create(
        model="chat",
        max_tokens=100,
        tools=[LOOK],
        messages=[
            *asked,
            message.to_param(),
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "high water at noon"}],
            },
        ],
    )
    assert "high water" in text_of(answer)


async def test_what_the_vendor_has_no_words_for_is_told_or_refused(
    system: System, client: anthropic.AsyncAnthropic
) -> None:
    hint = {"brand_new": 5}
    answer = await client.messages.with_raw_response.create(
        model="chat", max_tokens=10, messages=HELLO, extra_body=hint
    )
    assert answer.headers["x-seawall-dropped"] == "brand_new"
    route = {"targets": [{"provider": "alpha", "model": "small"}], "policy": {"unsupported": "error"}}
    await system.rpc("ConfigService/CreateModel", parent="organizations/-", modelId="strict", model={"route": route})

    async def refused() -> bool:
        try:
            await client.messages.create(model="strict", max_tokens=10, messages=HELLO, extra_body=hint)
        except anthropic.BadRequestError as error:
            return error.error_code == "unsupported_by_target"
        return False

    try:
        await eventually(refused)
    finally:
        await system.rpc("ConfigService/DeleteModel", name="organizations/-/models/strict")


async def test_errors_are_raised_as_anthropics_own(system: System, client: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as absent:
        await client.messages.create(model="absent", max_tokens=10, messages=HELLO)
    assert (absent.value.type, absent.value.error_code) == ("not_found_error", "model_not_found")
    assert absent.value.request_id is not None
    with pytest.raises(anthropic.AuthenticationError) as unknown:
        await client.with_options(api_key="sw_unknown").messages.create(model="chat", max_tokens=10, messages=HELLO)
    assert unknown.value.type == "authentication_error"
    with pytest.raises(anthropic.BadRequestError) as empty:
        await client.messages.create(model="chat", max_tokens=10, messages=[])
    assert (empty.value.type, empty.value.error_code) == ("invalid_request_error", "invalid_request")


async def test_a_broken_stream_is_one_message_all_the_same(system: System, client: anthropic.AsyncAnthropic) -> None:
    system.simulator.vendor("alpha").set("small", Behaviour(faults=(Cut(next_calls=1, after_chunks=4),)))
    try:
        async with client.messages.stream(model="chat", max_tokens=100, messages=HELLO) as stream:
            kinds = [event.type async for event in stream]
            message = await stream.get_final_message()
    finally:
        system.simulator.vendor("alpha").clear("small")
    assert text_of(message).startswith("alpha/small heard: hello there hello-2 there-2")
    assert kinds.count("message_start") == kinds.count("content_block_start") == kinds.count("message_stop") == 1
    assert message.usage.output_tokens > 0
