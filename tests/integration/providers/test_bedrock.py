"""Callers of OpenAI's and Anthropic's dialects before a vendor that speaks Bedrock's, and verifies what is signed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from simulator import (
    Access,
    Behaviour,
    ContentFilter,
    ContextLength,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Every,
    Fault,
    Filtered,
    GarbageEvent,
    HugeBody,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    Reset,
    Simulator,
    Vendor,
    VendorSpec,
)
from tests.integration.providers.asking import (
    ASKED,
    CHAT_TOOLS,
    DOT,
    MESSAGE_TOOLS,
    MESSAGES,
    PLACE,
    USER,
    Heard,
    chat,
    failure,
    message,
    received,
)
from tests.integration.providers.service import Client, Configuration, provider, running, serving
from tests.integration.simulator.clients import both, failing

CLAUDE, NOVA = "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-pro-v1:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"
KEY = "AKIASIMULATOR0000001:s3cr/t+key"
any_model = pytest.mark.parametrize("model", [CLAUDE, NOVA])


def words(model: str, asked: str = ASKED, count: int = 14) -> str:
    heard = [*asked.split(), *(f"{word}-2" for word in asked.split())]
    return " ".join([f"rock/{model} heard:", *heard[:count]])


@pytest.fixture(name="vendor")
async def _vendor() -> AsyncIterator[Vendor]:
    spec = VendorSpec(name="rock", dialect="bedrock", access=Access(keys=frozenset({KEY})))
    async with Simulator([spec], seed=1) as sim:
        yield sim.vendor("rock")


@pytest.fixture(name="bedrock")
async def _bedrock(vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("AWS_KEY", KEY)
    told = provider("alpha", vendor.base_url, "env:AWS_KEY", vendor="bedrock")
    told.region = "eu-central-1"
    async with serving(Configuration(told)) as address, running(address, tmp_path) as opened:
        yield opened


def of(model: str, **envelope: Any) -> dict[str, Any]:
    return {"model": model, **envelope}


async def ask(client: Client, *, stream: bool, model: str = CLAUDE, **fields: Any) -> Heard:
    return await chat(client, stream=stream, envelope=of(model), **fields)


async def tell(client: Client, *, stream: bool, model: str = CLAUDE, **fields: Any) -> Heard:
    return await message(client, stream=stream, envelope=of(model), **fields)


@both
@pytest.mark.parametrize("model", [CLAUDE, NOVA, ARN, 'm"ü/1 %'])
async def test_both_callers_are_answered_by_any_model(
    bedrock: Client, vendor: Vendor, stream: bool, model: str
) -> None:
    heard = await ask(bedrock, stream=stream, model=model)
    assert (heard.text, heard.finish, heard.usage) == (words(model), "stop", (16, 16))
    heard = await tell(bedrock, stream=stream, model=model)
    assert (heard.text, heard.finish, heard.usage) == (words(model), "end_turn", (16, 16))
    assert (vendor.calls[-1].model, vendor.calls[-1].key_suffix) == (model, "0001")


async def test_an_answer_names_the_vendors_request(bedrock: Client) -> None:
    response = await bedrock.call(model=CLAUDE)
    assert len(response.answer.vendor_request_id) == 36


@both
async def test_a_wrong_secret_is_found_out(bedrock: Client, vendor: Vendor, stream: bool) -> None:
    vendor.access = Access(keys=frozenset({f"{KEY}-changed"}))
    failed = await failure(bedrock, stream=stream, **of(CLAUDE))
    assert (failed.reason, failed.vendor_status) == (Reason.VENDOR_AUTHENTICATION, 403)


async def test_an_api_key_of_bedrocks_is_shown(
    bedrock: Client, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    vendor.access = Access(keys=frozenset({"ABSKgood"}))
    monkeypatch.setenv("AWS_KEY", "ABSKgood")
    told = provider("alpha", vendor.base_url, "env:AWS_KEY", vendor="bedrock")
    async with serving(Configuration(told)) as address, running(address, tmp_path / "other") as client:
        assert (await ask(client, stream=False)).text == words(CLAUDE)
    assert (await failure(bedrock, stream=False, **of(CLAUDE))).reason == Reason.VENDOR_AUTHENTICATION


@both
@any_model
async def test_limits_stops_and_instructions_reach_the_vendor(bedrock: Client, stream: bool, model: str) -> None:
    system = {"role": "system", "content": "be brief"}
    heard = await ask(bedrock, stream=stream, model=model, messages=[system, USER], max_completion_tokens=3)
    assert (heard.text, heard.finish, heard.usage) == (f"rock/{model} heard: one", "length", (21, 3))
    assert (await ask(bedrock, stream=stream, model=model, stop=[" thr"])).text == f"rock/{model} heard: one two"
    heard = await tell(bedrock, stream=stream, model=model, system="be brief", max_tokens=3)
    assert (heard.text, heard.finish, heard.usage) == (f"rock/{model} heard: one", "max_tokens", (21, 3))
    heard = await tell(bedrock, stream=stream, model=model, stop_sequences=[" thr"])
    assert (heard.text, heard.finish) == (f"rock/{model} heard: one two", "stop_sequence")


@both
@any_model
async def test_a_chat_calls_tools_in_parallel_and_tells_what_they_said(
    bedrock: Client, vendor: Vendor, stream: bool, model: str
) -> None:
    vendor.set(None, Behaviour(answer="tool_calls", answer_tokens=5))
    heard = await ask(bedrock, stream=stream, model=model, tools=CHAT_TOOLS)
    assert [(name, given) for _, name, given in heard.calls] == [
        ("weather", {"place": f"rock/{model} heard: one two three", "days": 1}),
        ("clock", {"zone": f"rock/{model}#2 heard: one two three"}),
    ]
    assert (heard.finish, heard.text, heard.usage[1]) == ("tool_calls", "", 10)
    # Ids as another vendor gave them, with what Bedrock takes in none.
    calls = [
        {"id": f"call/another {at}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for at, (_, name, given) in enumerate(heard.calls)
    ]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": text} for call, text in zip(calls, "ab", strict=True)
    ]
    turns = [USER, {"role": "assistant", "content": None, "tool_calls": calls}, *results]
    told = await ask(bedrock, stream=stream, model=model, tools=CHAT_TOOLS, messages=turns)
    assert (told.text, told.finish) == (f"rock/{model} heard: a b a-2", "stop")


@both
async def test_a_message_calls_tools_and_tells_what_they_said(bedrock: Client, vendor: Vendor, stream: bool) -> None:
    vendor.set(None, Behaviour(answer="tool_calls", answer_tokens=5))
    heard = await tell(bedrock, stream=stream, tools=MESSAGE_TOOLS)
    assert [(name, given) for _, name, given in heard.calls] == [
        ("weather", {"place": f"rock/{CLAUDE} heard: one two three", "days": 1}),
        ("clock", {"zone": f"rock/{CLAUDE}#2 heard: one two three"}),
    ]
    assert heard.finish == "tool_use"
    used = [{"type": "tool_use", "id": call, "name": name, "input": given} for call, name, given in heard.calls]
    results: list[dict[str, Any]] = [
        {"type": "tool_result", "tool_use_id": call, "content": f"said {at}"}
        for at, (call, _, _) in enumerate(heard.calls)
    ]
    results.append({"type": "tool_result", "tool_use_id": "toolu_3", "is_error": True})
    used.append({"type": "tool_use", "id": "toolu_3", "name": "clock", "input": {}})
    turns = [USER, {"role": "assistant", "content": used}, {"role": "user", "content": results}]
    told = await tell(bedrock, stream=stream, tools=MESSAGE_TOOLS, messages=turns)
    assert (told.text, told.finish) == (f"rock/{CLAUDE} heard: said 0 said", "end_turn")
    vendor.set(None, Behaviour(answer_tokens=5))
    more = [*turns[:2], {"role": "user", "content": [*results, {"type": "text", "text": "and now"}]}]
    told = await tell(bedrock, stream=stream, tools=MESSAGE_TOOLS, messages=more)
    assert told.text == f"rock/{CLAUDE} heard: and now and-2"


@both
async def test_the_choice_of_a_tool_is_heeded(bedrock: Client, stream: bool) -> None:
    named = {"type": "function", "function": {"name": "clock"}}
    for choice, names in (("required", ["weather"]), ("none", []), (named, ["clock"])):
        heard = await ask(bedrock, stream=stream, tools=CHAT_TOOLS, tool_choice=choice)
        assert [name for _, name, _ in heard.calls] == names
    for wanted, names in (({"type": "any"}, ["weather"]), ({"type": "tool", "name": "clock"}, ["clock"])):
        heard = await tell(bedrock, stream=stream, tools=MESSAGE_TOOLS, tool_choice=wanted)
        assert [name for _, name, _ in heard.calls] == names


async def test_images_and_documents_are_seen(bedrock: Client) -> None:
    shown = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DOT}"}}
    heard = await ask(
        bedrock, stream=False, messages=[{"role": "user", "content": [{"type": "text", "text": ASKED}, shown]}]
    )
    assert (heard.text, heard.usage[0]) == (words(CLAUDE), 16 + 85)
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DOT}}
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}
    asked = {"role": "user", "content": [image, pdf, {**pdf, "title": "a  b.pdf"}, {"type": "text", "text": ASKED}]}
    heard = await tell(bedrock, stream=False, messages=[asked])
    assert (heard.text, heard.usage[0]) == (words(CLAUDE), 16 + 3 * 85)


@both
async def test_a_document_alone_is_taken(bedrock: Client, stream: bool) -> None:
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}
    heard = await tell(bedrock, stream=stream, messages=[{"role": "user", "content": [pdf]}])
    assert heard.finish == "end_turn"


@both
@any_model
async def test_an_answer_follows_a_schema(bedrock: Client, stream: bool, model: str) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "place", "strict": True, "schema": PLACE}}
    heard = await ask(bedrock, stream=stream, model=model, response_format=form)
    assert json.loads(heard.text) == {"place": words(model), "days": 1}
    form = {"type": "json_schema", "schema": PLACE}
    heard = await tell(bedrock, stream=stream, model=model, output_config={"format": form})
    assert json.loads(heard.text) == {"place": words(model), "days": 1}


@both
async def test_a_thought_comes_before_the_answer_and_goes_back_signed(
    bedrock: Client, vendor: Vendor, stream: bool
) -> None:
    heard = await ask(bedrock, stream=stream, reasoning_effort="high")
    assert (heard.thought, heard.text) == ("Asked: one two three four five", words(CLAUDE))
    thinking = {"type": "enabled", "budget_tokens": 1024}
    heard = await tell(bedrock, stream=stream, thinking=thinking)
    assert (heard.thought, heard.text, heard.usage) == ("Asked: one two three four five", words(CLAUDE), (16, 22))
    answer = json.loads((await bedrock.call(**_asked(thinking=thinking))).answer.body)
    assert answer["content"][0]["signature"]
    turns = [USER, {"role": "assistant", "content": answer["content"]}, {"role": "user", "content": "go on"}]
    told = await tell(bedrock, stream=stream, messages=turns, thinking=thinking)
    assert told.text.startswith(f"rock/{CLAUDE} heard: go on")
    back = received(vendor)["messages"][1]["content"][0]["reasoningContent"]["reasoningText"]
    assert (back["text"], back["signature"]) == (heard.thought, answer["content"][0]["signature"])


def _asked(**fields: Any) -> dict[str, Any]:
    body = {"model": "chat", "max_tokens": 2000, "messages": [USER], **fields}
    return of(CLAUDE, body=json.dumps(body).encode(), dialect=MESSAGES)


async def test_what_was_written_to_the_cache_and_read_from_it_is_told(bedrock: Client) -> None:
    system = [{"type": "text", "text": "x" * 400, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    used = [(await bedrock.call(**_asked(system=system))).answer.usage for _ in range(2)]
    assert [
        (each.input_tokens, each.cache_write_tokens, each.cache_write_1h_tokens, each.cached_input_tokens)
        for each in used
    ] == [
        (119, 106, 106, 0),
        (119, 0, 0, 106),
    ]


@both
@pytest.mark.parametrize("model", ["anthropic.claude-3-haiku-20240307-v1:0", NOVA])
async def test_an_answer_that_broke_off_is_gone_on_with(
    bedrock: Client, vendor: Vendor, stream: bool, model: str
) -> None:
    prefix = words(model)[:60]
    for ask_of in (chat, message):
        heard = await ask_of(bedrock, stream=stream, envelope=of(model, prefix=prefix))
        assert prefix + heard.text == words(model)
        assert vendor.calls[-1].prefix


@both
async def test_a_model_that_takes_no_beginning_is_asked_in_turn(bedrock: Client, vendor: Vendor, stream: bool) -> None:
    model = "us.anthropic.claude-opus-4-7-v1:0"
    heard = await chat(bedrock, stream=stream, envelope=of(model, prefix="one two"))
    assert heard.text
    assert [turn["role"] for turn in received(vendor)["messages"]] == ["user", "assistant", "user"]


@both
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ErrorStatus(status=400), Reason.VENDOR_REJECTED),
        (ErrorStatus(status=403), Reason.VENDOR_AUTHENTICATION),
        (ErrorStatus(status=403, message="You don't have access to the model with ..."), Reason.VENDOR_MODEL_NOT_FOUND),
        (ErrorStatus(status=404), Reason.VENDOR_MODEL_NOT_FOUND),
        (ErrorStatus(status=408), Reason.VENDOR_TIMEOUT),
        (ErrorStatus(status=424), Reason.VENDOR_ERROR),
        (ErrorStatus(status=429, retry_after=7), Reason.VENDOR_RATE_LIMITED),
        (ErrorStatus(status=429, message="Too many tokens per day"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (ErrorStatus(status=429, type="ModelNotReadyException"), Reason.VENDOR_OVERLOADED),
        (ErrorStatus(status=400, type="ServiceQuotaExceededException"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (ErrorStatus(status=500), Reason.VENDOR_ERROR),
        (ErrorStatus(status=503), Reason.VENDOR_OVERLOADED),
        (ContextLength(), Reason.CONTEXT_LENGTH_EXCEEDED),
        (ContentFilter(), Reason.CONTENT_FILTERED),
        (Reset(), Reason.VENDOR_CONNECTION_LOST),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_errors_have_their_reasons(
    bedrock: Client, vendor: Vendor, fault: Fault, reason: Reason, stream: bool
) -> None:
    vendor.set(None, failing(fault))
    failed = await failure(bedrock, stream=stream, **of(CLAUDE))
    assert failed.reason == reason
    if isinstance(fault, ErrorStatus) and fault.retry_after:
        assert failed.retry_after.ToTimedelta().total_seconds() == fault.retry_after


@both
async def test_requests_that_the_vendor_refuses_have_their_reasons(
    bedrock: Client, vendor: Vendor, stream: bool
) -> None:
    begun = [{"role": "assistant", "content": "a"}, USER]
    assert (await failure(bedrock, stream=stream, **of(CLAUDE), messages=begun)).reason == Reason.VENDOR_REJECTED
    vendor.set(None, Behaviour(context_window=10))
    assert (await failure(bedrock, stream=stream, **of(CLAUDE))).reason == Reason.CONTEXT_LENGTH_EXCEEDED
    vendor.access = vendor.access.model_copy(update={"models": ("another",)})
    assert (await failure(bedrock, stream=stream, **of(CLAUDE))).reason == Reason.VENDOR_MODEL_NOT_FOUND


@pytest.mark.parametrize("dialect", [pb.DIALECT_OPENAI_CHAT, MESSAGES])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Cut(after_chunks=2), Reason.VENDOR_STREAM_CUT),
        (Cut(after_chunks=2, how="ended"), Reason.VENDOR_STREAM_CUT),
        (NoFinish(), Reason.VENDOR_STREAM_CUT),
        (ErrorEvent(after_chunks=2), Reason.VENDOR_OVERLOADED),
        (ErrorEvent(after_chunks=2, type="ThrottlingException"), Reason.VENDOR_RATE_LIMITED),
        (ErrorEvent(after_chunks=2, type="modelStreamErrorException"), Reason.VENDOR_ERROR),
        (Malformed(after_chunks=2), Reason.VENDOR_MALFORMED),
        (InvalidUtf8(after_chunks=2), Reason.VENDOR_MALFORMED),
        (HugeBody(after_chunks=2), Reason.VENDOR_RESPONSE_TOO_LARGE),
        (GarbageEvent(what="html"), Reason.VENDOR_MALFORMED),
        (GarbageEvent(what="types"), Reason.VENDOR_MALFORMED),
        (ErrorBody(), Reason.VENDOR_MALFORMED),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_a_stream_that_breaks_off_fails(
    bedrock: Client, vendor: Vendor, fault: Fault, reason: Reason, dialect: pb.Dialect.ValueType
) -> None:
    vendor.set(None, failing(fault))
    assert (await failure(bedrock, stream=True, dialect=dialect, max_tokens=100, **of(CLAUDE))).reason == reason


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Cut(), Reason.VENDOR_CONNECTION_LOST),
        (Malformed(), Reason.VENDOR_MALFORMED),
        (InvalidUtf8(), Reason.VENDOR_MALFORMED),
        (GarbageEvent(what="html"), Reason.VENDOR_MALFORMED),
        (GarbageEvent(what="types"), Reason.VENDOR_MALFORMED),
        (ErrorBody(), Reason.VENDOR_MALFORMED),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_a_whole_answer_that_is_none_fails(bedrock: Client, vendor: Vendor, fault: Fault, reason: Reason) -> None:
    vendor.set(None, failing(fault))
    assert (await failure(bedrock, stream=False, **of(CLAUDE))).reason == reason


@both
async def test_a_filtered_answer_says_so(bedrock: Client, vendor: Vendor, stream: bool) -> None:
    vendor.set(None, failing(Filtered(after_chunks=2)))
    heard = await ask(bedrock, stream=stream)
    assert (heard.text, heard.finish) == (f"rock/{CLAUDE} heard:", "content_filter")
    assert (await tell(bedrock, stream=stream)).finish == "refusal"


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(split=Every(bytes=1)),
        Behaviour(split=Every(bytes=7), gzip="always"),
        failing(GarbageEvent(what="comments", comments=500)),
    ],
    ids=["byte by byte", "compressed", "events that say nothing"],
)
async def test_a_stream_that_is_whole_is_read_whole(bedrock: Client, vendor: Vendor, behaviour: Behaviour) -> None:
    vendor.set(None, behaviour)
    heard = await ask(bedrock, stream=True)
    assert (heard.text, heard.finish, heard.usage) == (words(CLAUDE), "stop", (16, 16))


async def test_a_stream_without_its_usage_is_an_answer(bedrock: Client, vendor: Vendor) -> None:
    vendor.set(None, failing(NoDone(how="ended")))
    frames = await bedrock.frames(**of(CLAUDE))
    assert frames[-1].end
    assert [frame.finish_reason for frame in frames if frame.finish_reason] == ["stop"]
