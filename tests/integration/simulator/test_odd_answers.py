"""Answers that are odd but not cut short: filtered, huge, unreadable, without an end, calls of functions."""

import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionFunctionToolParam

from simulator import (
    Behaviour,
    ContentFilter,
    ContextLength,
    Filtered,
    GarbageEvent,
    HugeBody,
    InvalidUtf8,
    NoDone,
    NoFinish,
    Vendor,
)
from tests.integration.simulator.clients import MESSAGES, Wire, both, chat, content_length, failing
from tests.stack.eventually import eventually

OPTIONS = {"stream_options": {"include_usage": True}}
TOOLS: list[ChatCompletionFunctionToolParam] = [{"type": "function", "function": {"name": "look", "parameters": {}}}]


def events(body: bytes) -> list[Any]:
    """The events of a chunked body that nobody cut, but for the end mark."""
    lines = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def finish_reasons(body: bytes) -> list[str]:
    found = [choice["finish_reason"] for event in events(body) for choice in event["choices"]]
    return [reason for reason in found if reason]


async def test_no_done_leaves_the_connection_open_after_finish_and_usage(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(NoDone(), answer_tokens=3))
    wire.post(chat(stream=True, **OPTIONS))
    body = await wire.until(b'"rejected_prediction_tokens":0}}}\n\n\r\n')
    assert finish_reasons(body) == ["stop"]
    assert await wire.is_silent()
    wire.close()
    await eventually(lambda: alpha.calls[-1].client_left)
    assert (alpha.calls[-1].outcome, alpha.calls[-1].completion_tokens) == ("faulted:no_done", 3)


async def test_no_done_may_end_the_body_properly(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(NoDone(how="ended")))
    wire.post(chat(stream=True, **OPTIONS))
    body = await wire.until(b"\r\n0\r\n\r\n")
    assert (finish_reasons(body), body.count(b'"usage":{'), b"[DONE]" in body) == (["stop"], 1, False)


async def test_no_finish_has_all_but_the_finish_reason(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(NoFinish(), answer_tokens=3))
    wire.post(chat(stream=True, **OPTIONS))
    body = await wire.until(b"\r\n0\r\n\r\n")
    assert (finish_reasons(body), body.count(b'"usage":{'), body.count(b"[DONE]")) == ([], 1, 1)
    await eventually(lambda: alpha.calls[-1].outcome == "faulted:no_finish")
    assert alpha.calls[-1].completion_tokens == 3


@pytest.mark.parametrize("fault", [NoDone(), NoFinish()])
async def test_a_plain_call_meets_no_fault_of_a_streams_end(
    client: AsyncOpenAI, alpha: Vendor, fault: NoDone | NoFinish
) -> None:
    alpha.set(None, failing(fault))
    answer = await client.chat.completions.create(model="gpt", messages=MESSAGES)
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(("after", "spoiled"), [(0, 0), (2, 2), (99, 3)])
async def test_one_chunk_has_bytes_that_no_utf8_has(wire: Wire, alpha: Vendor, after: int, spoiled: int) -> None:
    alpha.set(None, failing(InvalidUtf8(after_chunks=after), answer_tokens=4))
    wire.post(chat(stream=True))
    body = await wire.until(b"\r\n0\r\n\r\n")
    lines = [line for line in body.split(b"\n") if b'"delta":{"content":"' in line]
    assert [b"\xff" in line for line in lines] == [number == spoiled for number in range(4)]
    with pytest.raises(UnicodeDecodeError):
        lines[spoiled].decode()
    assert finish_reasons(body.decode(errors="replace").encode()) == ["stop"]


async def test_a_plain_answer_may_have_bytes_that_no_utf8_has(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(InvalidUtf8(), answer_tokens=10))
    wire.post(chat())
    body = (await wire.response())[1]
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    choice = json.loads(body.decode(errors="replace"))["choices"][0]
    assert choice["message"]["content"].endswith("alpha/gpt heard: one two three four five six seven eight")


@both
async def test_a_huge_answer_is_well_formed_and_as_long_as_was_said(
    client: AsyncOpenAI, alpha: Vendor, stream: bool
) -> None:
    alpha.set(None, failing(HugeBody(bytes=20_000_001)))
    if stream:
        chunks = await client.chat.completions.create(model="gpt", messages=MESSAGES, stream=True)
        texts = [chunk.choices[0].delta.content or "" async for chunk in chunks]
    else:
        answer = await client.chat.completions.create(model="gpt", messages=MESSAGES)
        texts = [answer.choices[0].message.content or ""]
    assert max(map(len, texts)) > 20_000_000
    assert "".join(texts).count("x") - "".join(texts).replace("x" * 1000, "").count("x") >= 20_000_000


@both
async def test_a_web_page_comes_instead_of_an_answer(wire: Wire, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, failing(GarbageEvent()))
    wire.post(chat(stream=stream))
    head = await wire.headers()
    assert b" 200 OK" in head
    assert b"content-type: text/html" in head
    assert b"<html>" in await wire.reader.readexactly(content_length(head))


@both
async def test_a_flood_of_comments_hides_nothing(client: AsyncOpenAI, wire: Wire, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, failing(GarbageEvent(what="comments", comments=2000, after_chunks=3)))
    wire.post(chat(stream=stream))
    body = await wire.until(b"[DONE]\n\n") if stream else (await wire.response())[1]
    assert body.count(b": keep-alive\n\n") == 2000 if stream else body.startswith(b"\n" * 2000 + b"{")
    if stream:
        assert finish_reasons(body) == ["stop"]
        assert body.index(b"one") < body.index(b": keep-alive") < body.index(b"two")
    else:
        answer = await client.chat.completions.create(model="gpt", messages=MESSAGES)
        assert answer.choices[0].finish_reason == "stop"


async def test_one_event_has_the_wrong_types_and_the_stream_goes_on(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(GarbageEvent(what="types", after_chunks=2)))
    wire.post(chat(stream=True))
    found = events(await wire.until(b"\r\n0\r\n\r\n"))
    assert [event["choices"] for event in found].index("none") == 3
    assert found[-1]["choices"][0]["finish_reason"] == "stop"
    wire.post(chat())
    assert json.loads((await wire.response())[1])["choices"] == "none"


@both
@pytest.mark.parametrize(
    ("fault", "code"), [(ContextLength(), "context_length_exceeded"), (ContentFilter(), "content_filter")]
)
async def test_a_prompt_may_be_too_long_or_filtered(
    client: AsyncOpenAI, alpha: Vendor, stream: bool, fault: ContextLength | ContentFilter, code: str
) -> None:
    alpha.set(None, failing(fault))
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(model="gpt", messages=MESSAGES, stream=stream)
    assert (caught.value.code, caught.value.type) == (code, "invalid_request_error")


async def test_a_prompt_over_the_context_window_is_refused_in_the_vendors_words(
    client: AsyncOpenAI, alpha: Vendor
) -> None:
    alpha.set(None, Behaviour(context_window=16))
    await client.chat.completions.create(model="gpt", messages=MESSAGES)  # 16 tokens
    alpha.set(None, Behaviour(context_window=15))
    with pytest.raises(openai.BadRequestError, match="maximum context length is 15 tokens") as caught:
        await client.chat.completions.create(model="gpt", messages=MESSAGES)
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")
    await eventually(lambda: alpha.calls[-1].outcome == "rejected")


@both
async def test_a_filtered_answer_ends_early_and_says_so(client: AsyncOpenAI, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, failing(Filtered(after_chunks=2), tokens_per_chunk=2))
    if stream:
        chunks = await client.chat.completions.create(model="gpt", messages=MESSAGES, stream=True)
        choices = [chunk.choices[0] async for chunk in chunks]
        text = "".join(choice.delta.content or "" for choice in choices)
        reason = choices[-1].finish_reason
    else:
        answer = await client.chat.completions.create(model="gpt", messages=MESSAGES)
        text, reason = answer.choices[0].message.content or "", answer.choices[0].finish_reason
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 4
    assert (text, reason) == ("alpha/gpt heard: one two", "content_filter")


CALLS: list[dict[str, Any]] = [
    {"tools": TOOLS, "tool_choice": "required"},
    {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "look"}}},
]


@both
@pytest.mark.parametrize("asked", CALLS)
async def test_a_function_that_must_be_called_is_called(
    client: AsyncOpenAI, stream: bool, asked: dict[str, Any]
) -> None:
    if stream:
        async with client.chat.completions.stream(model="gpt", messages=MESSAGES, **asked) as parts:
            answer = await parts.get_final_completion()
    else:
        answer = await client.chat.completions.create(model="gpt", messages=MESSAGES, **asked)
    choice = answer.choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert choice.message.tool_calls is not None
    (call,) = choice.message.tool_calls
    assert call.type == "function"
    assert call.id.startswith("call_")
    assert (call.function.name, json.loads(call.function.arguments)["answer"][:17]) == ("look", "alpha/gpt heard: ")


async def test_a_function_is_called_by_itself_where_the_behaviour_says_so(client: AsyncOpenAI, alpha: Vendor) -> None:
    answer = await client.chat.completions.create(model="gpt", messages=MESSAGES, tools=TOOLS)
    assert answer.choices[0].finish_reason == "stop"
    alpha.set(None, Behaviour(answer="tool_call"))
    answer = await client.chat.completions.create(model="gpt", messages=MESSAGES, tools=TOOLS)
    assert answer.choices[0].finish_reason == "tool_calls"


async def test_an_answer_that_must_be_json_is_json(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="gpt", messages=MESSAGES, response_format={"type": "json_object"}
    )
    assert json.loads(answer.choices[0].message.content or "")["answer"].startswith("alpha/gpt heard: one")


async def test_a_call_that_was_left_has_its_end_in_wall_time(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(NoDone()))
    wire.post(chat(stream=True))
    await wire.until(b'"finish_reason":"stop"')
    assert alpha.calls[-1].finished_at == 0
    wire.close()
    await eventually(lambda: alpha.calls[-1].client_left and alpha.calls[-1].finished_at)
    call = alpha.calls[-1]
    assert call.finished_at - call.time == pytest.approx(call.seconds, abs=0.05)
