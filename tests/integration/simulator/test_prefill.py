"""Requests that end with the beginning of an answer: continued, repeated, ignored or refused, on the wire."""

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from simulator import Behaviour, Cut, RefusesPrefill, Simulator, Vendor
from tests.integration.simulator.clients import MESSAGES, Wire, chat, failing, sdk
from tests.stack.eventually import eventually

BEGUN = "alpha/gpt heard: one two"


def begun_by(text: str) -> list[ChatCompletionMessageParam]:
    return [*MESSAGES, {"role": "assistant", "content": text}]


async def complete(client: AsyncOpenAI, text: str = BEGUN, **fields: Any) -> ChatCompletion:
    answer: ChatCompletion = await client.chat.completions.create(model="gpt", messages=begun_by(text), **fields)
    return answer


async def hear(client: AsyncOpenAI, messages: list[ChatCompletionMessageParam], texts: list[str]) -> None:
    """Add the texts of a stream to `texts`, as long as they come."""
    async for chunk in await client.chat.completions.create(model="gpt", messages=messages, stream=True):
        texts.append(chunk.choices[0].delta.content or "")  # noqa: PERF401 - what came before a cut is kept


def said(answer: ChatCompletion) -> str:
    return answer.choices[0].message.content or ""


@pytest.mark.parametrize("after", range(1, 8))
async def test_another_vendor_ends_a_cut_stream_with_the_words_of_the_first(sim: Simulator, after: int) -> None:
    async with sdk(sim.vendor("alpha")) as alpha, sdk(sim.vendor("beta")) as beta:
        whole = said(await alpha.chat.completions.create(model="gpt", messages=MESSAGES))
        sim.vendor("alpha").set(None, failing(Cut(after_chunks=after)))
        begun: list[str] = []
        with pytest.raises(openai.APIConnectionError):
            await hear(alpha, MESSAGES, begun)
        rest: list[str] = []
        await hear(beta, begun_by("".join(begun)), rest)
    assert "".join(begun) + "".join(rest) == whole
    await eventually(lambda: sim.vendor("beta").calls[-1].outcome == "completed")
    call = sim.vendor("beta").calls[-1]
    assert (call.prefix, call.completion_tokens) == (True, 16 - after)


async def test_the_beginning_is_counted_as_prompt_and_the_rest_as_answer(client: AsyncOpenAI) -> None:
    answer = await complete(client)
    assert answer.usage is not None
    # 16 without the beginning; 24 characters: 3 + 6.
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (25, 12)


async def test_fields_that_ask_for_a_continuation_are_taken(client: AsyncOpenAI) -> None:
    asked = {"continue_final_message": True, "add_generation_prompt": False}
    assert said(await complete(client, extra_body=asked)).startswith(" three four")


@pytest.mark.parametrize(
    ("prefill", "start"), [("repeats", f"{BEGUN} three"), ("ignores", "alpha/gpt heard: one two three")]
)
async def test_a_vendor_may_repeat_or_ignore_the_beginning(
    client: AsyncOpenAI, alpha: Vendor, prefill: Any, start: str
) -> None:
    alpha.set(None, Behaviour(prefill=prefill))
    assert said(await complete(client)).startswith(start)


async def test_a_begun_answer_that_is_whole_ends_at_once(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=4))
    assert said(await complete(client)) == ""
    stream = await client.chat.completions.create(model="gpt", messages=begun_by(BEGUN), stream=True)
    choices = [chunk.choices[0] async for chunk in stream]
    assert [(choice.delta.content or "", choice.finish_reason) for choice in choices] == [("", None), ("", "stop")]


@pytest.mark.parametrize("how", ["fault", "behaviour"])
async def test_a_vendor_without_prefill_refuses_a_begun_answer_and_nothing_else(
    client: AsyncOpenAI, alpha: Vendor, how: str
) -> None:
    alpha.set(None, failing(RefusesPrefill()) if how == "fault" else Behaviour(prefill="refuses"))
    with pytest.raises(openai.BadRequestError, match="does not support assistant message prefill") as caught:
        await complete(client)
    assert (caught.value.type, caught.value.param) == ("invalid_request_error", "messages")
    await client.chat.completions.create(model="gpt", messages=MESSAGES)
    await eventually(lambda: alpha.calls[-1].outcome == "completed")
    expected = "faulted:refuses_prefill" if how == "fault" else "rejected"
    assert [(call.outcome, call.prefix) for call in alpha.calls] == [(expected, True), ("completed", False)]


async def test_counted_refusals_wait_for_begun_answers(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, failing(RefusesPrefill(next_calls=1)))
    await client.chat.completions.create(model="gpt", messages=MESSAGES)
    with pytest.raises(openai.BadRequestError):
        await complete(client)
    await complete(client)


async def test_an_assistant_message_that_is_not_the_last_begins_nothing(wire: Wire, alpha: Vendor) -> None:
    wire.post(chat(messages=[{"role": "assistant", "content": "hello"}, {"role": "user", "content": "one"}]))
    await wire.until(b"alpha/gpt heard: one")
    assert not alpha.calls[-1].prefix
