"""Responses of a vendor of OpenAI's dialect, as OpenAI's own SDK reads them, whole and put together from events."""

import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import (
    FunctionToolParam,
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseIncompleteEvent,
)
from pydantic import BaseModel

from simulator import Access, Behaviour, ContentFilter, ContextLength, ErrorEvent, ErrorStatus, Filtered, Vendor
from tests.integration.simulator.clients import both, failing

ASKED = "one two three four five six seven eight"
WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}}},
    "strict": False,
}
CLOCK: FunctionToolParam = {"type": "function", "name": "clock", "parameters": {"type": "object"}, "strict": False}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


class Place(BaseModel):
    name: str
    days: int


async def ask(client: AsyncOpenAI, *, stream: bool = False, **fields: Any) -> Response:
    """Ask, and return the response as the SDK has it, or puts it together."""
    asked: dict[str, Any] = {"model": "gpt", "input": ASKED, **fields}
    if not stream:
        answer: Response = await client.responses.create(**asked)
        return answer
    events = [event async for event in await client.responses.create(**asked, stream=True)]
    last = events[-1]
    assert isinstance(last, ResponseCompletedEvent | ResponseIncompleteEvent)
    return last.response


def calls(answer: Response) -> list[ResponseFunctionToolCall]:
    return [item for item in answer.output if item.type == "function_call"]


@both
async def test_a_response_has_the_vendors_words_and_their_count(client: AsyncOpenAI, stream: bool) -> None:
    answer = await ask(client, stream=stream, instructions="Be brief.", metadata={"for": "tests"}, temperature=0.5)
    assert answer.output_text.startswith("alpha/gpt heard: one two three")
    assert (answer.object, answer.status, answer.model) == ("response", "completed", "gpt")
    assert (answer.error, answer.incomplete_details) == (None, None)
    assert (answer.instructions, answer.metadata, answer.temperature) == ("Be brief.", {"for": "tests"}, 0.5)
    assert (answer.tool_choice, answer.tools, answer.parallel_tool_calls) == ("auto", [], True)
    (message,) = answer.output
    assert message.type == "message"
    assert message.status == "completed"
    assert answer.id.startswith("resp_")
    # 9 and 39 characters: 3 + (3 + 3) + (3 + 10).
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (22, 16, 38)
    assert answer.usage.output_tokens_details.reasoning_tokens == 0


async def test_the_words_are_those_of_a_chat(client: AsyncOpenAI) -> None:
    chat = await client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": ASKED}])
    answer = await ask(client)
    assert answer.output_text == chat.choices[0].message.content
    assert chat.usage is not None
    assert answer.usage is not None
    assert answer.usage.input_tokens == chat.usage.prompt_tokens


async def test_the_events_of_a_text_come_in_their_order_and_are_numbered(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=2))
    events = [event async for event in await client.responses.create(model="gpt", input=ASKED, stream=True)]
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(10))
    done = events[6]
    assert done.type == "response.output_text.done"
    assert done.text == "alpha/gpt heard:"


async def test_the_sdk_puts_a_streams_text_together(client: AsyncOpenAI) -> None:
    async with client.responses.stream(model="gpt", input=ASKED) as stream:
        texts = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        answer = await stream.get_final_response()
    assert len(texts) == 16
    assert "".join(texts) == answer.output_text == (await ask(client)).output_text


@both
async def test_an_answer_that_is_cut_at_its_limit_is_incomplete(
    client: AsyncOpenAI, alpha: Vendor, stream: bool
) -> None:
    alpha.set(None, Behaviour(answer_tokens=40))
    answer = await ask(client, stream=stream, max_output_tokens=16)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage is not None
    assert answer.usage.output_tokens == 16
    assert answer.output[-1].type == "message"
    assert answer.output[-1].status == "incomplete"


@both
async def test_an_answer_that_is_filtered_is_incomplete(client: AsyncOpenAI, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, failing(Filtered(after_chunks=2)))
    answer = await ask(client, stream=stream)
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "content_filter"
    assert answer.output_text == "alpha/gpt heard:"


@both
async def test_functions_are_called_and_what_they_say_is_heard(
    client: AsyncOpenAI, alpha: Vendor, stream: bool
) -> None:
    alpha.set(None, Behaviour(answer="tool_calls", answer_tokens=3))
    answer = await ask(client, stream=stream, tools=[WEATHER, CLOCK])
    assert [(call.name, json.loads(call.arguments)) for call in calls(answer)] == [
        ("weather", {"place": "alpha/gpt heard: one", "days": 1}),
        ("clock", {"answer": "alpha/gpt#2 heard: one"}),
    ]
    assert len({call.call_id for call in calls(answer)}) == 2
    assert answer.status == "completed"
    alone = await ask(client, stream=stream, tools=[WEATHER, CLOCK], parallel_tool_calls=False)
    assert len(calls(alone)) == 1
    heard = [
        {"type": "function_call_output", "call_id": call.call_id, "output": text}
        for call, text in zip(calls(answer), ("rain", "noon"), strict=True)
    ]
    turns = [{"role": "user", "content": ASKED}, *(item.to_dict() for item in answer.output), *heard]
    assert (await ask(client, stream=stream, input=turns, tools=[WEATHER])).output_text == "alpha/gpt heard: rain"


@both
async def test_the_choice_of_a_function_is_heeded(client: AsyncOpenAI, stream: bool) -> None:
    tools = [WEATHER, CLOCK]
    named = await ask(client, stream=stream, tools=tools, tool_choice={"type": "function", "name": "clock"})
    assert [call.name for call in calls(named)] == ["clock"]
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "clock"}]}
    assert [call.name for call in calls(await ask(client, stream=stream, tools=tools, tool_choice=allowed))] == [
        "clock"
    ]
    assert len(calls(await ask(client, stream=stream, tools=tools, tool_choice="required"))) == 1
    assert calls(await ask(client, stream=stream, tools=tools, tool_choice="none")) == []


async def test_the_sdk_puts_a_streamed_call_together(client: AsyncOpenAI) -> None:
    async with client.responses.stream(model="gpt", input=ASKED, tools=[WEATHER], tool_choice="required") as stream:
        parts = [event.delta async for event in stream if event.type == "response.function_call_arguments.delta"]
        (call,) = calls(await stream.get_final_response())
    assert len(parts) > 1
    assert json.loads("".join(parts)) == json.loads(call.arguments)


async def test_images_count_and_are_no_words(client: AsyncOpenAI) -> None:
    content = [{"type": "input_text", "text": ASKED}, {"type": "input_image", "image_url": PIXEL, "detail": "auto"}]
    answer = await ask(client, input=[{"role": "user", "content": content}])
    assert answer.output_text == (await ask(client)).output_text
    assert answer.usage is not None
    assert answer.usage.input_tokens == 16 + 85


@both
async def test_a_schema_is_followed(client: AsyncOpenAI, stream: bool) -> None:
    if stream:
        async with client.responses.stream(model="gpt", input=ASKED, text_format=Place) as events:
            parsed = await events.get_final_response()
    else:
        parsed = await client.responses.parse(model="gpt", input=ASKED, text_format=Place)
    assert parsed.output_parsed is not None
    assert parsed.output_parsed.name.startswith("alpha/gpt heard: one")
    assert parsed.text is not None
    assert parsed.text.format is not None
    assert parsed.text.format.type == "json_schema"
    assert (parsed.text.format.name, parsed.text.format.strict) == ("Place", True)


@both
async def test_a_thought_is_told_in_a_summary_and_sealed_where_that_is_wanted(
    client: AsyncOpenAI, stream: bool
) -> None:
    answer = await ask(
        client,
        stream=stream,
        reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
    )
    thought, message = answer.output
    assert (thought.type, message.type) == ("reasoning", "message")
    assert thought.type == "reasoning"
    assert [part.text for part in thought.summary] == ["Asked: one two three four five"]
    assert thought.encrypted_content
    assert answer.usage is not None
    assert answer.usage.output_tokens_details.reasoning_tokens == 6
    again = [{"role": "user", "content": ASKED}, *(item.to_dict() for item in answer.output)]
    gone_on = await ask(client, input=[*again, {"role": "user", "content": "go on"}])
    assert gone_on.output_text.startswith("alpha/gpt heard: go on go-2")


@both
async def test_a_thought_may_be_kept_back(client: AsyncOpenAI, stream: bool) -> None:
    answer = await ask(client, stream=stream, reasoning={"effort": "high"})
    thought = answer.output[0]
    assert thought.type == "reasoning"
    assert (thought.summary, thought.encrypted_content) == ([], None)
    assert answer.output_text.startswith("alpha/gpt heard: one")


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": [{"role": "robot", "content": "hi"}]}, "input[0]", "invalid_value"),
        ({"input": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}, "input[0].content[0]", None),
        ({"input": [{"type": "dream"}]}, "input[0]", "invalid_value"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, "input", None),
        ({"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]}, "input", None),
        ({"max_output_tokens": 2}, "max_output_tokens", "integer_below_min_value"),
        ({"previous_response_id": "resp_1"}, "previous_response_id", "previous_response_not_found"),
        ({"tool_choice": {"type": "function", "name": "f"}}, "tool_choice", None),
        ({"temperature": 3}, "temperature", "invalid_value"),
    ],
)
async def test_a_wrong_request_is_refused(
    client: AsyncOpenAI, alpha: Vendor, fields: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(client, **fields)
    assert refused.value.param == param
    assert code in {None, refused.value.code}
    assert alpha.calls[-1].outcome == "rejected"


@both
async def test_errors_are_raised_as_the_sdks_own(client: AsyncOpenAI, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, failing(ErrorStatus(status=429, retry_after=2)))
    with pytest.raises(openai.RateLimitError) as limited:
        await ask(client, stream=stream)
    assert limited.value.response.headers["retry-after"] == "2"
    alpha.set(None, failing(ErrorStatus(status=503)))
    with pytest.raises(openai.InternalServerError):
        await ask(client, stream=stream)
    for fault, code in ((ContextLength(), "context_length_exceeded"), (ContentFilter(), "content_filter")):
        alpha.set(None, failing(fault))
        with pytest.raises(openai.BadRequestError) as refused:
            await ask(client, stream=stream)
        assert refused.value.code == code
    alpha.clear(None)
    alpha.access = Access(keys=("sk-other",), models=("gpt",))
    with pytest.raises(openai.AuthenticationError):
        await ask(client, stream=stream)
    alpha.access = Access(models=("other",))
    with pytest.raises(openai.NotFoundError) as absent:
        await ask(client, stream=stream)
    assert absent.value.code == "model_not_found"


async def test_a_response_that_fails_says_so_in_its_last_events(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, failing(ErrorEvent(after_chunks=2, code="rate_limit_exceeded", message="Slow down.")))
    events = [event async for event in await client.responses.create(model="gpt", input=ASKED, stream=True)]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    error, failed = events[-2:]
    assert error.type == "error"
    assert (error.code, error.message) == ("rate_limit_exceeded", "Slow down.")
    assert failed.type == "response.failed"
    assert failed.response.status == "failed"
    assert failed.response.error is not None
    assert (failed.response.error.code, failed.response.error.message) == ("rate_limit_exceeded", "Slow down.")
