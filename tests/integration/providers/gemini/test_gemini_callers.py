"""Callers of OpenAI's and Anthropic's dialects before a vendor that speaks Gemini's, which demands what Google does."""

import json
from typing import Any

import pytest
from anthropic.types import Message
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from seawall.providers.v1 import provider_pb2 as pb
from simulator import Behaviour, Vendor
from tests.integration.providers.asking import ASKED, DOT, received
from tests.integration.providers.service import Client, texts

OLD, NEW = "gemini-2.5-flash", "gemini-3-flash-preview"
PLACE: dict[str, Any] = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
TOOL: dict[str, Any] = {"name": "weather", "description": "The weather.", "parameters": PLACE}
CLOCK: dict[str, Any] = {"name": "clock", "parameters": {"type": "object"}}
any_model = pytest.mark.parametrize("model", [OLD, NEW])


def answered(response: pb.CallResponse) -> pb.Answer:
    assert response.WhichOneof("result") == "answer", response
    return response.answer


async def chat(client: Client, model: str = OLD, **fields: Any) -> tuple[ChatCompletion, pb.Answer]:
    """What a caller of OpenAI's dialect gets, in its SDK's own type."""
    answer = answered(await client.call(model=model, **fields))
    return ChatCompletion.model_validate_json(answer.body, strict=True), answer


async def chat_stream(
    client: Client, model: str = OLD, **fields: Any
) -> tuple[list[ChatCompletionChunk], list[pb.Frame]]:
    frames = await client.frames(model=model, stream=True, stream_options={"include_usage": True}, **fields)
    assert frames[-1].end, frames[-1]
    return [
        ChatCompletionChunk.model_validate_json(frame.data) for frame in frames if frame.data.startswith(b"{")
    ], frames


def claude(**fields: Any) -> bytes:
    asked = {"model": "chat", "max_tokens": 1000, "messages": [{"role": "user", "content": ASKED}], **fields}
    return json.dumps(asked).encode()


async def message(client: Client, model: str = OLD, **fields: Any) -> tuple[Message, pb.Answer]:
    """What a caller of Anthropic's dialect gets, in its SDK's own type."""
    dialect = pb.DIALECT_ANTHROPIC_MESSAGES
    answer = answered(await client.call(model=model, dialect=dialect, body=claude(**fields)))
    return Message.model_validate_json(answer.body, strict=True), answer


async def message_stream(
    client: Client, model: str = OLD, **fields: Any
) -> tuple[list[dict[str, Any]], list[pb.Frame]]:
    dialect = pb.DIALECT_ANTHROPIC_MESSAGES
    frames = await client.frames(model=model, dialect=dialect, body=claude(stream=True, **fields))
    assert frames[-1].end, frames[-1]
    return [json.loads(frame.data) for frame in frames if frame.data], frames


def used(given: pb.Usage) -> tuple[int, int, int]:
    return given.input_tokens, given.output_tokens, given.reasoning_tokens


def words(model: str) -> str:
    again = " ".join(f"{word}-2" for word in ASKED.split()[:6])
    return f"gem/{model} heard: {ASKED} {again}"


async def test_a_plain_chat(gemini: Client, gem: Vendor) -> None:
    said, answer = await chat(gemini)
    assert said.choices[0].message.content == words(OLD)
    assert (said.choices[0].finish_reason, said.model) == ("stop", OLD)
    assert said.usage is not None
    assert (said.usage.prompt_tokens, said.usage.completion_tokens, said.usage.total_tokens) == (16, 16, 32)
    assert used(answer.usage) == (16, 16, 0)
    assert gem.calls[-1].key_suffix == "0001"


async def test_a_streamed_chat(gemini: Client) -> None:
    chunks, frames = await chat_stream(gemini)
    assert texts(frames) == words(OLD)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == words(OLD)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (16, 16)
    assert used([frame.usage for frame in frames if frame.HasField("usage")][-1]) == (16, 16, 0)


async def test_a_plain_message(gemini: Client) -> None:
    said, answer = await message(gemini)
    assert [block.text for block in said.content if block.type == "text"] == [words(OLD)]
    assert (said.stop_reason, said.usage.input_tokens, said.usage.output_tokens) == ("end_turn", 16, 16)
    assert used(answer.usage) == (16, 16, 0)


async def test_a_streamed_message(gemini: Client) -> None:
    events, frames = await message_stream(gemini)
    assert texts(frames) == words(OLD)
    assert [event["type"] for event in events][:2] == ["message_start", "content_block_start"]
    (ended,) = [event for event in events if event["type"] == "message_delta"]
    assert (ended["delta"]["stop_reason"], ended["usage"]["output_tokens"]) == ("end_turn", 16)
    assert events[-1]["type"] == "message_stop"


async def test_limits_stops_and_instructions_reach_the_vendor(gemini: Client) -> None:
    said, _ = await chat(gemini, max_tokens=3)
    assert (said.choices[0].message.content, said.choices[0].finish_reason) == (f"gem/{OLD} heard: one", "length")
    said, _ = await chat(gemini, stop=["thr"])
    assert (said.choices[0].message.content, said.choices[0].finish_reason) == (f"gem/{OLD} heard: one two ", "stop")
    # Instructions: 3 and one for 8 characters' 2.
    asked = [{"role": "system", "content": "be brief"}, {"role": "user", "content": ASKED}]
    _, answer = await chat(gemini, messages=asked)
    assert answer.usage.input_tokens == 16 + 5
    said, _ = await chat(gemini, n=2)
    assert [choice.message.content for choice in said.choices] == [
        words(OLD),
        words(OLD).replace(f"gem/{OLD}", f"gem/{OLD}#2"),
    ]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_begun_answer_is_gone_on_with(gemini: Client, stream: bool) -> None:
    prefix = words(OLD)[:40]
    if stream:
        frames = await gemini.frames(model=OLD, prefix=prefix)
        assert prefix + texts(frames) == words(OLD)
    else:
        said, _ = await chat(gemini, prefix=prefix)
        assert prefix + (said.choices[0].message.content or "") == words(OLD)


@any_model
async def test_a_chat_calls_tools_and_tells_what_they_said(gemini: Client, gem: Vendor, model: str) -> None:
    gem.set(None, Behaviour(answer="tool_calls", answer_tokens=3))
    tools = [{"type": "function", "function": each} for each in (TOOL, CLOCK)]
    said, _ = await chat(gemini, model, tools=tools)
    made = said.choices[0].message.tool_calls or []
    assert said.choices[0].finish_reason == "tool_calls"
    assert [(call.function.name, json.loads(call.function.arguments)) for call in made if call.type == "function"] == [
        ("weather", {"place": f"gem/{model} heard: one"}),
        ("clock", {"answer": f"gem/{model}#2 heard: one"}),
    ]
    assert len({call.id for call in made}) == 2
    # The second answer first: each finds its call.
    results = [{"role": "tool", "tool_call_id": call.id, "content": f"said {call.id}"} for call in reversed(made)]
    asked = [
        {"role": "user", "content": ASKED},
        said.choices[0].message.model_dump(exclude_none=True),
        *results,
    ]
    told, _ = await chat(gemini, model, tools=tools, messages=asked)
    assert told.choices[0].finish_reason == "stop"
    ids = [call.id for call in made]
    assert (told.choices[0].message.content or "").startswith(f"gem/{model} heard: said")
    body = received(gem)
    responses = [part["functionResponse"] for part in body["contents"][-1]["parts"]]
    assert sorted(each["response"]["output"] for each in responses) == sorted(f"said {each}" for each in ids)
    by_name = {each["name"]: each["response"]["output"] for each in responses}
    assert by_name == {"weather": f"said {ids[0]}", "clock": f"said {ids[1]}"}


@any_model
async def test_a_streamed_chat_calls_tools_in_parallel(gemini: Client, gem: Vendor, model: str) -> None:
    gem.set(None, Behaviour(answer="tool_calls", answer_tokens=3))
    tools = [{"type": "function", "function": each} for each in (TOOL, CLOCK)]
    chunks, frames = await chat_stream(gemini, model, tools=tools)
    deltas = [call for chunk in chunks if chunk.choices for call in chunk.choices[0].delta.tool_calls or ()]
    arguments = ["", ""]
    for delta in deltas:
        arguments[delta.index] += (delta.function.arguments or "") if delta.function else ""
    assert list(map(json.loads, arguments)) == [
        {"place": f"gem/{model} heard: one"},
        {"answer": f"gem/{model}#2 heard: one"},
    ]
    assert [frame.finish_reason for frame in frames if frame.finish_reason] == ["tool_calls"]
    assert used([frame.usage for frame in frames if frame.HasField("usage")][-1])[1] == 6


@any_model
async def test_a_message_calls_a_tool_and_its_thought_comes_back_signed(
    gemini: Client, gem: Vendor, model: str
) -> None:
    gem.set(None, Behaviour(answer="tool_call", answer_tokens=3))
    tools = [{"name": "weather", "input_schema": PLACE}]
    fields: dict[str, Any] = {
        "tools": tools,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "max_tokens": 2000,
    }
    said, answer = await message(gemini, model, **fields)
    assert said.stop_reason == "tool_use"
    (thought, *_) = [block for block in said.content if block.type == "thinking"]
    assert thought.thinking == "Asked: one two three four five"
    (call,) = [block for block in said.content if block.type == "tool_use"]
    assert call.input == {"place": f"gem/{model} heard: one"}
    assert used(answer.usage) == (answer.usage.input_tokens, 3 + 6, 6)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "rain today"}
    asked = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in said.content]},
        {"role": "user", "content": [result]},
    ]
    told, _ = await message(gemini, model, messages=asked, **fields)
    assert told.stop_reason == "end_turn"
    assert [block.text for block in told.content if block.type == "text"] == [f"gem/{model} heard: rain"]
    # The vendor sees the signature that it gave with the call.
    body = received(gem)
    (signed,) = [part for part in body["contents"][1]["parts"] if "functionCall" in part]
    assert signed["thoughtSignature"] != "skip_thought_signature_validator"


@any_model
async def test_a_tool_that_must_be_used_is(gemini: Client, model: str) -> None:
    tools = [{"type": "function", "function": each} for each in (TOOL, CLOCK)]
    choice = {"type": "function", "function": {"name": "clock"}}
    said, _ = await chat(gemini, model, tools=tools, tool_choice=choice)
    assert [call.function.name for call in said.choices[0].message.tool_calls or () if call.type == "function"] == [
        "clock"
    ]
    message_tools = [{"name": "weather", "input_schema": PLACE}]
    told, _ = await message(gemini, model, tools=message_tools, tool_choice={"type": "any"})
    assert told.stop_reason == "tool_use"


async def test_images_are_seen(gemini: Client) -> None:
    shown = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DOT}"}}
    linked = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": ASKED}, shown, linked]
    _, answer = await chat(gemini, messages=[{"role": "user", "content": parts}])
    assert answer.usage.input_tokens == 16 + 2 * 85
    block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DOT}}
    _, answer = await message(gemini, messages=[{"role": "user", "content": [block, {"type": "text", "text": ASKED}]}])
    assert answer.usage.input_tokens == 16 + 85


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_follows_a_schema(gemini: Client, stream: bool) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "why": {"type": "string"}},
        "required": ["mood", "why"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "mood", "strict": True, "schema": schema}}
    if stream:
        said = texts((await chat_stream(gemini, response_format=form))[1])
    else:
        said = (await chat(gemini, response_format=form))[0].choices[0].message.content or ""
    assert json.loads(said) == {"mood": "good", "why": words(OLD)}


async def test_what_was_read_from_a_cache_is_told(gemini: Client) -> None:
    asked = [{"role": "system", "content": "x" * 4096}, {"role": "user", "content": ASKED}]
    await chat(gemini, messages=asked)
    said, answer = await chat(gemini, messages=asked)
    assert (answer.usage.input_tokens, answer.usage.cached_input_tokens) == (1043, 1043)
    assert said.usage is not None
    assert said.usage.prompt_tokens_details is not None
    assert said.usage.prompt_tokens_details.cached_tokens == 1043


async def test_texts_become_vectors(gemini: Client) -> None:
    body = json.dumps({"model": "embed", "input": ["one", "two"], "dimensions": 8}).encode()
    dialect = pb.DIALECT_OPENAI_EMBEDDINGS
    answer = answered(await gemini.call(model="gemini-embedding-001", dialect=dialect, body=body))
    told = json.loads(answer.body)
    assert [len(each["embedding"]) for each in told["data"]] == [8, 8]
    assert answer.usage.input_tokens == 2


async def test_a_budget_of_thoughts_is_what_the_model_takes(gemini: Client, gem: Vendor) -> None:
    thinking = {"type": "enabled", "budget_tokens": 60_000}
    said, _ = await message(gemini, thinking=thinking, max_tokens=64_000)
    assert said.stop_reason == "end_turn"
    sent = received(gem)
    assert sent["generationConfig"]["thinkingConfig"] == {"includeThoughts": True, "thinkingBudget": 24576}


@any_model
async def test_a_streamed_message_calls_tools_in_parallel(gemini: Client, gem: Vendor, model: str) -> None:
    gem.set(None, Behaviour(answer="tool_calls", answer_tokens=3))
    tools = [{"name": "weather", "input_schema": PLACE}, {"name": "clock", "input_schema": {"type": "object"}}]
    events, frames = await message_stream(gemini, model, tools=tools)
    began = [each["content_block"] for each in events if each["type"] == "content_block_start"]
    given = ["" for _ in began]
    for each in events:
        if each["type"] == "content_block_delta" and each["delta"]["type"] == "input_json_delta":
            given[each["index"]] += each["delta"]["partial_json"]
    used_tools = [(block["name"], json.loads(said)) for block, said in zip(began, given, strict=True) if said]
    assert used_tools == [
        ("weather", {"place": f"gem/{model} heard: one"}),
        ("clock", {"answer": f"gem/{model}#2 heard: one"}),
    ]
    (ended,) = [event for event in events if event["type"] == "message_delta"]
    assert (ended["delta"]["stop_reason"], ended["usage"]["output_tokens"]) == ("tool_use", 6)
    assert frames[-1].end
