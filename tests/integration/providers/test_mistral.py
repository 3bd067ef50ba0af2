"""Callers of OpenAI's and Anthropic's dialects before a vendor that speaks Mistral's, and refuses what Mistral does."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from simulator import (
    Behaviour,
    ContentFilter,
    ContextLength,
    Cut,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Filtered,
    NoFinish,
    Simulator,
    Vendor,
    VendorSpec,
)
from tests.integration.providers.asking import (
    ASKED,
    CHAT_TOOLS,
    MESSAGE_TOOLS,
    MESSAGES,
    USER,
    chat,
    failure,
    message,
    received,
)
from tests.integration.providers.service import Client, Configuration, provider, running, serving
from tests.integration.simulator.clients import both, failing

WORDS = f"mist/gpt-up heard: {ASKED} " + " ".join(f"{word}-2" for word in ASKED.split()[:6])


@pytest.fixture(name="vendor")
async def _vendor() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="mist", dialect="mistral")], seed=1) as sim:
        yield sim.vendor("mist")


@pytest.fixture(name="mistral")
async def _mistral(vendor: Vendor, tmp_path: Path) -> AsyncIterator[Client]:
    configuration = Configuration(provider("alpha", f"{vendor.base_url}/v1", "env:ALPHA_KEY", vendor="mistral"))
    async with serving(configuration) as address, running(address, tmp_path) as opened:
        yield opened


@both
async def test_a_chat_calls_tools_in_parallel_and_tells_what_they_said(
    mistral: Client, vendor: Vendor, stream: bool
) -> None:
    vendor.set(None, Behaviour(answer="tool_calls", answer_tokens=5))
    heard = await chat(mistral, stream=stream, tools=CHAT_TOOLS)
    assert [(name, given) for _, name, given in heard.calls] == [
        ("weather", {"place": "mist/gpt-up heard: one two three", "days": 1}),
        ("clock", {"zone": "mist/gpt-up#2 heard: one two three"}),
    ]
    assert (heard.finish, heard.text) == ("tool_calls", "")
    # Ids as another vendor gave them: they are made Mistral's own.
    calls = [
        {"id": f"call_of_another_{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for at, (_, name, given) in enumerate(heard.calls)
    ]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": text} for call, text in zip(calls, "ab", strict=True)
    ]
    turns = [USER, {"role": "assistant", "content": None, "tool_calls": calls}, *results]
    told = await chat(mistral, stream=stream, tools=CHAT_TOOLS, messages=turns)
    assert (told.text, told.finish) == ("mist/gpt-up heard: a b a-2", "stop")
    alone = await chat(mistral, stream=stream, tools=CHAT_TOOLS, parallel_tool_calls=False)
    assert len(alone.calls) == 1


@both
async def test_a_message_calls_tools_and_tells_what_they_said(mistral: Client, vendor: Vendor, stream: bool) -> None:
    vendor.set(None, Behaviour(answer="tool_calls", answer_tokens=5))
    heard = await message(mistral, stream=stream, tools=MESSAGE_TOOLS)
    assert [(name, given) for _, name, given in heard.calls] == [
        ("weather", {"place": "mist/gpt-up heard: one two three", "days": 1}),
        ("clock", {"zone": "mist/gpt-up#2 heard: one two three"}),
    ]
    assert heard.finish == "tool_use"
    used = [{"type": "tool_use", "id": call, "name": name, "input": given} for call, name, given in heard.calls]
    results = [
        {"type": "tool_result", "tool_use_id": call, "content": f"said {at}"}
        for at, (call, _, _) in enumerate(heard.calls)
    ]
    turns = [USER, {"role": "assistant", "content": used}, {"role": "user", "content": results}]
    told = await message(mistral, stream=stream, tools=MESSAGE_TOOLS, messages=turns)
    assert (told.text, told.finish) == ("mist/gpt-up heard: said 0 said", "end_turn")
    more = [*turns[:2], {"role": "user", "content": [*results, {"type": "text", "text": "and now"}]}]
    told = await message(mistral, stream=stream, tools=MESSAGE_TOOLS, messages=more, tool_choice={"type": "none"})
    assert told.text == "mist/gpt-up heard: and now and-2"


@both
async def test_a_thought_comes_before_the_answer_and_goes_back(mistral: Client, vendor: Vendor, stream: bool) -> None:
    heard = await chat(mistral, stream=stream, reasoning_effort="high")
    assert (heard.thought, heard.text) == ("Asked: one two three four five", WORDS)
    heard = await message(mistral, stream=stream, thinking={"type": "enabled", "budget_tokens": 1024})
    assert (heard.thought, heard.text) == ("Asked: one two three four five", WORDS)
    thought = {"type": "thinking", "thinking": heard.thought, "signature": ""}
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": heard.text}]}
    told = await message(mistral, stream=stream, messages=[USER, said, {"role": "user", "content": "go on"}])
    assert told.text.startswith("mist/gpt-up heard: go on")
    (back, text) = received(vendor)["messages"][1]["content"]
    assert (back["type"], back["thinking"][0]["text"], text["text"]) == ("thinking", heard.thought, WORDS)


@both
async def test_an_answer_that_broke_off_is_gone_on_with(mistral: Client, vendor: Vendor, stream: bool) -> None:
    prefix = WORDS[:40]
    for ask in (chat, message):
        heard = await ask(mistral, stream=stream, envelope={"prefix": prefix})
        assert prefix + heard.text == WORDS
        assert vendor.calls[-1].prefix


async def test_what_openais_callers_may_say_and_mistral_refuses_is_never_sent(mistral: Client, vendor: Vendor) -> None:
    response = await mistral.call(user="u", store=False, stream_options=None, service_tier="auto", metadata={"a": "b"})
    assert response.WhichOneof("result") == "answer", response
    assert set(response.answer.dropped) >= {"user", "store"}
    assert set(received(vendor)) <= {"model", "messages", "service_tier", "metadata", "stream"}


@pytest.mark.parametrize(
    "turns",
    [
        [USER, {"role": "assistant", "content": "yes"}, {"role": "developer", "content": "be brief"}, USER],
        [{"role": "developer", "content": "be brief"}, USER],
        [USER, {"role": "assistant", "content": ""}, USER],
        [USER, {"role": "assistant", "content": None, "refusal": "no"}, USER],
        [{**USER, "name": "Ann"}],
        [USER, USER],
        [{"role": "system", "content": "be kind"}, USER, {"role": "system", "content": "be brief"}],
    ],
    ids=[
        "later instructions",
        "developer",
        "an empty answer",
        "a refusal",
        "a name",
        "two of a user",
        "instructions last",
    ],
)
async def test_conversations_that_openai_takes_are_taken(mistral: Client, turns: list[dict[str, Any]]) -> None:
    heard = await chat(mistral, stream=False, messages=turns)
    assert heard.text == WORDS


async def test_mistrals_own_fields_reach_it(mistral: Client, vendor: Vendor) -> None:
    own: dict[str, Any] = {
        "top_k": 5,
        "min_tokens": 1,
        "repetition_penalty": 1.1,
        "safe_prompt": True,
        "prompt_cache_key": "shop",
    }
    response = await mistral.call(**own)
    assert response.WhichOneof("result") == "answer", response
    assert {name: received(vendor).get(name) for name in own} == own
    await message(mistral, stream=False, top_k=5)
    assert received(vendor)["top_k"] == 5


async def test_texts_become_vectors(mistral: Client) -> None:
    body = json.dumps({"model": "embed", "input": ["one", "two"]}).encode()
    response = await mistral.call(model="mistral-embed", dialect=pb.DIALECT_OPENAI_EMBEDDINGS, body=body)
    told = json.loads(response.answer.body)
    assert [len(each["embedding"]) for each in told["data"]] == [1024, 1024]
    assert response.answer.usage.input_tokens == 2


@both
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ErrorStatus(status=401), Reason.VENDOR_AUTHENTICATION),
        (ErrorStatus(status=403), Reason.VENDOR_AUTHENTICATION),
        (ErrorStatus(status=402), Reason.VENDOR_QUOTA_EXHAUSTED),
        (ErrorStatus(status=422), Reason.VENDOR_REJECTED),
        (ErrorStatus(status=429, retry_after=7), Reason.VENDOR_RATE_LIMITED),
        (ErrorStatus(status=429, code="3505", type="service_tier_capacity_exceeded"), Reason.VENDOR_RATE_LIMITED),
        (ErrorStatus(status=500), Reason.VENDOR_ERROR),
        (ErrorStatus(status=503), Reason.VENDOR_OVERLOADED),
        (ContextLength(), Reason.CONTEXT_LENGTH_EXCEEDED),
        (ContentFilter(), Reason.CONTENT_FILTERED),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_errors_have_their_reasons(
    mistral: Client, vendor: Vendor, fault: Fault, reason: Reason, stream: bool
) -> None:
    vendor.set(None, failing(fault))
    failed = await failure(mistral, stream=stream)
    assert failed.reason == reason
    if isinstance(fault, ErrorStatus) and fault.retry_after:
        assert failed.retry_after.ToTimedelta().total_seconds() == fault.retry_after


@both
async def test_requests_that_the_vendor_refuses_have_their_reasons(
    mistral: Client, vendor: Vendor, stream: bool
) -> None:
    assert (await failure(mistral, stream=stream, temperature=2)).reason == Reason.VENDOR_REJECTED
    vendor.set(None, Behaviour(context_window=10))
    assert (await failure(mistral, stream=stream)).reason == Reason.CONTEXT_LENGTH_EXCEEDED


@pytest.mark.parametrize("dialect", [pb.DIALECT_OPENAI_CHAT, MESSAGES])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Cut(after_chunks=2), Reason.VENDOR_STREAM_CUT),
        (NoFinish(), Reason.VENDOR_STREAM_CUT),
        (ErrorEvent(after_chunks=2), Reason.VENDOR_ERROR),
        (Filtered(after_chunks=2), Reason.VENDOR_ERROR),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_a_stream_that_breaks_off_fails(
    mistral: Client, vendor: Vendor, fault: Fault, reason: Reason, dialect: pb.Dialect.ValueType
) -> None:
    vendor.set(None, failing(fault))
    assert (await failure(mistral, stream=True, dialect=dialect, max_tokens=100)).reason == reason
