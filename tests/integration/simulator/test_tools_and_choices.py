"""What conversations need beyond one answer in words, in OpenAI's dialect: tools, choices, schemas, stops."""

import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion

from simulator import Behaviour, Filtered, Vendor
from tests.integration.simulator.clients import MESSAGES, Wire, both, chat, failing


def tool(name: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object"} | ({"properties": properties} if properties else {})
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


WEATHER, CLOCK = tool("weather", place={"type": "string"}, days={"type": "integer"}), tool("clock")
TOOLS = [WEATHER, CLOCK]


async def ask(client: AsyncOpenAI, *, stream: bool, **fields: Any) -> ChatCompletion:
    asked = {"model": "gpt", "messages": MESSAGES, **fields}
    if not stream:
        answer: ChatCompletion = await client.chat.completions.create(**asked)
        return answer
    async with client.chat.completions.stream(**asked) as parts:
        return await parts.get_final_completion()


def calls(answer: ChatCompletion, choice: int = 0) -> list[tuple[str, Any]]:
    made = answer.choices[choice].message.tool_calls or []
    return [(call.function.name, json.loads(call.function.arguments)) for call in made if call.type == "function"]


@both
async def test_several_functions_are_called_at_once_unless_that_is_not_wanted(
    client: AsyncOpenAI, alpha: Vendor, stream: bool
) -> None:
    alpha.set(None, Behaviour(answer="tool_calls", answer_tokens=3))
    answer = await ask(client, stream=stream, tools=TOOLS)
    assert calls(answer) == [
        ("weather", {"place": "alpha/gpt heard: one", "days": 1}),
        ("clock", {"answer": "alpha/gpt#2 heard: one"}),
    ]
    made = answer.choices[0].message.tool_calls or []
    assert len({call.id for call in made}) == 2
    assert answer.choices[0].finish_reason == "tool_calls"
    assert len(calls(await ask(client, stream=stream, tools=TOOLS, parallel_tool_calls=False))) == 1
    assert calls(await ask(client, stream=stream, tools=TOOLS, tool_choice="none")) == []


@both
async def test_the_function_that_is_named_is_called(client: AsyncOpenAI, stream: bool) -> None:
    choice = {"type": "function", "function": {"name": "clock"}}
    assert [name for name, _ in calls(await ask(client, stream=stream, tools=TOOLS, tool_choice=choice))] == ["clock"]
    choice["function"] = {"name": "radio"}
    with pytest.raises(openai.BadRequestError, match="'radio' not found"):
        await ask(client, stream=stream, tools=TOOLS, tool_choice=choice)


@both
async def test_what_functions_said_is_answered_in_words(client: AsyncOpenAI, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, Behaviour(answer="tool_calls"))
    first = (await ask(client, stream=stream, tools=TOOLS)).choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"result {number}"}
        for number, call in enumerate(first.tool_calls or [])
    ]
    said = {"role": "assistant", "tool_calls": [call.model_dump() for call in first.tool_calls or []]}
    answer = await ask(client, stream=stream, tools=TOOLS, messages=[*MESSAGES, said, *results])
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.choices[0].message.content or "").startswith("alpha/gpt heard: result 0 result 1")


@both
async def test_several_choices_are_told_apart_and_all_counted(client: AsyncOpenAI, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, Behaviour(answer_tokens=3))
    fields: dict[str, Any] = {"stream_options": {"include_usage": True}} if stream else {}
    answer = await ask(client, stream=stream, n=3, **fields)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert [choice.message.content for choice in answer.choices] == [
        "alpha/gpt heard: one",
        "alpha/gpt#2 heard: one",
        "alpha/gpt#3 heard: one",
    ]
    assert {choice.finish_reason for choice in answer.choices} == {"stop"}
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (16, 9)


async def test_streamed_choices_take_turns(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=2))
    wire.post(chat(stream=True, n=2))
    body = await wire.until(b"[DONE]\n\n")
    parts = [json.loads(line[6:])["choices"][0] for line in body.split(b"\n") if line.startswith(b"data: {")]
    assert [part["index"] for part in parts] == [0, 0, 1, 1, 0, 1, 0, 1]
    assert [part["finish_reason"] for part in parts] == [None] * 6 + ["stop"] * 2


@both
@pytest.mark.parametrize("stop", ["thr", ["never", "thr"]])
async def test_an_answer_ends_before_a_stop_sequence(client: AsyncOpenAI, stream: bool, stop: Any) -> None:
    choice = (await ask(client, stream=stream, stop=stop)).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("alpha/gpt heard: one two ", "stop")


@both
async def test_an_answer_follows_the_schema_that_is_asked_for(client: AsyncOpenAI, stream: bool) -> None:
    schema = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}, "why": {"type": "string"}}}
    asked = {"type": "json_schema", "json_schema": {"name": "told", "schema": schema}}
    told = json.loads((await ask(client, stream=stream, response_format=asked)).choices[0].message.content or "")
    assert (told["mood"], told["why"][:16]) == ("good", "alpha/gpt heard:")


async def test_images_are_counted(client: AsyncOpenAI) -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        {"type": "text", "text": "look"},
    ]
    answer = await ask(client, stream=False, messages=[{"role": "user", "content": parts}])
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 3 + 3 + 1 + 85


async def test_a_filtered_call_of_several_functions_has_its_first_words(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, failing(Filtered(after_chunks=4), answer="tool_calls", answer_tokens=3))
    choice = (await ask(client, stream=False, tools=TOOLS)).choices[0]
    assert choice.finish_reason == "content_filter"
    made = [call.function for call in choice.message.tool_calls or [] if call.type == "function"]
    assert [function.name for function in made] == ["weather", "clock"]
    assert made[1].arguments == '{"answer":"alpha/gpt#2'


async def test_a_function_without_parameters_is_called_without_arguments(client: AsyncOpenAI) -> None:
    bare = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}
    assert calls(await ask(client, stream=False, tools=[bare], tool_choice="required")) == [("now", {})]


@pytest.mark.parametrize("fields", [{"n": 0}, {"n": 129}, {"stop": list("abcde")}, {"tool_choice": "always"}])
async def test_what_is_out_of_bounds_is_refused(wire: Wire, fields: dict[str, Any]) -> None:
    wire.post(chat(**fields))
    status, body = await wire.response()
    assert (status, json.loads(body)["error"]["param"]) == (400, next(iter(fields)))
