"""Callers of OpenAI's and Anthropic's dialects before a vendor that speaks Cohere's, and refuses what Cohere does."""

import json
from array import array
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from simulator import (
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
    NoFinish,
    Reset,
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

NAME = "command/gpt-up"
WORDS = f"{NAME} heard: {ASKED} " + " ".join(f"{word}-2" for word in ASKED.split()[:6])
PLAN = "Asked: one two three four five"


@pytest.fixture(name="vendor")
async def _vendor() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="command", dialect="cohere")], seed=1) as sim:
        yield sim.vendor("command")


@pytest.fixture(name="cohere")
async def _cohere(vendor: Vendor, tmp_path: Path) -> AsyncIterator[Client]:
    configuration = Configuration(provider("alpha", f"{vendor.base_url}/v2", "env:ALPHA_KEY", vendor="cohere"))
    async with serving(configuration) as address, running(address, tmp_path) as opened:
        yield opened


async def test_an_answer_names_the_vendors_request(cohere: Client) -> None:
    assert len((await cohere.call()).answer.vendor_request_id) == 26


@both
async def test_a_chat_calls_tools_in_parallel_and_tells_what_they_said(
    cohere: Client, vendor: Vendor, stream: bool
) -> None:
    vendor.set(None, Behaviour(answer="tool_calls", answer_tokens=5))
    heard = await chat(cohere, stream=stream, tools=CHAT_TOOLS)
    assert [(name, given) for _, name, given in heard.calls] == [
        ("weather", {"place": f"{NAME} heard: one two three", "days": 1}),
        ("clock", {"zone": f"{NAME}#2 heard: one two three"}),
    ]
    # What is planned before the calls is thought.
    assert (heard.finish, heard.text, heard.thought, heard.usage[1]) == ("tool_calls", "", PLAN, 6 + 10)
    calls = [
        {"id": call, "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for call, name, given in heard.calls
    ]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": text} for call, text in zip(calls, "ab", strict=True)
    ]
    turns = [
        USER,
        {"role": "assistant", "content": None, "tool_calls": calls, "reasoning_content": heard.thought},
        *results,
    ]
    told = await chat(cohere, stream=stream, tools=CHAT_TOOLS, messages=turns)
    assert (told.text, told.finish) == (f"{NAME} heard: a b a-2", "stop")
    assert [sent["role"] for sent in received(vendor)["messages"]] == ["user", "assistant", "tool", "tool"]


@both
async def test_a_message_calls_tools_and_tells_what_they_said(cohere: Client, vendor: Vendor, stream: bool) -> None:
    vendor.set(None, Behaviour(answer="tool_calls", answer_tokens=5))
    heard = await message(cohere, stream=stream, tools=MESSAGE_TOOLS)
    assert [(name, given) for _, name, given in heard.calls] == [
        ("weather", {"place": f"{NAME} heard: one two three", "days": 1}),
        ("clock", {"zone": f"{NAME}#2 heard: one two three"}),
    ]
    assert (heard.finish, heard.thought) == ("tool_use", PLAN)
    used = [{"type": "tool_use", "id": call, "name": name, "input": given} for call, name, given in heard.calls]
    results = [
        {"type": "tool_result", "tool_use_id": call, "content": f"said {at}"}
        for at, (call, _, _) in enumerate(heard.calls)
    ]
    turns = [USER, {"role": "assistant", "content": used}, {"role": "user", "content": results}]
    told = await message(cohere, stream=stream, tools=MESSAGE_TOOLS, messages=turns)
    assert (told.text, told.finish) == (f"{NAME} heard: said 0 said", "end_turn")
    more = [*turns[:2], {"role": "user", "content": [*results, {"type": "text", "text": "and now"}]}]
    told = await message(cohere, stream=stream, tools=MESSAGE_TOOLS, messages=more, tool_choice={"type": "none"})
    assert told.text == f"{NAME} heard: and now and-2"


@both
async def test_what_a_failed_or_silent_tool_said_is_taken(cohere: Client, stream: bool) -> None:
    calls = [{"type": "tool_use", "id": f"toolu_{at}", "name": "clock", "input": {}} for at in range(3)]
    results = [
        {"type": "tool_result", "tool_use_id": "toolu_0", "is_error": True, "content": "broke"},
        {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": ""},
    ]
    turns = [USER, {"role": "assistant", "content": calls}, {"role": "user", "content": results}]
    heard = await message(cohere, stream=stream, tools=MESSAGE_TOOLS, messages=turns)
    assert heard.finish == "end_turn"
    assert heard.text.startswith(f"{NAME} heard: ")


@both
async def test_documents_are_cited_for_who_asked_for_that(cohere: Client, stream: bool) -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "some facts"}
    document = {"type": "document", "source": source, "title": "Facts", "citations": {"enabled": True}}
    asked = {"role": "user", "content": [document, {"type": "text", "text": ASKED}]}
    heard = await message(cohere, stream=stream, messages=[asked])
    assert heard.text == WORDS
    body = json.dumps({"model": "chat", "max_tokens": 99, "messages": [asked], "stream": stream}).encode()
    if stream:
        frames = await cohere.frames(body=body, dialect=MESSAGES)
        told = [json.loads(frame.data) for frame in frames if frame.data]
        cited = [
            event["delta"]["citation"] for event in told if event.get("delta", {}).get("type") == "citations_delta"
        ]
    else:
        content = json.loads((await cohere.call(body=body, dialect=MESSAGES)).answer.body)["content"]
        cited = [each for block in content for each in block.get("citations") or ()]
    assert [(each["document_title"], each["document_index"]) for each in cited] == [("Facts", 0)]


@both
async def test_an_answer_is_any_json_where_that_is_asked_for(cohere: Client, stream: bool) -> None:
    heard = await chat(cohere, stream=stream, response_format={"type": "json_object"})
    assert json.loads(heard.text) == {"answer": WORDS}


@both
async def test_a_thought_comes_before_the_answer_and_goes_back(cohere: Client, vendor: Vendor, stream: bool) -> None:
    heard = await chat(cohere, stream=stream, reasoning_effort="high")
    assert (heard.thought, heard.text) == (PLAN, WORDS)
    heard = await message(cohere, stream=stream, thinking={"type": "enabled", "budget_tokens": 1024})
    assert (heard.thought, heard.text) == (PLAN, WORDS)
    thought = {"type": "thinking", "thinking": heard.thought, "signature": ""}
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": heard.text}]}
    told = await message(cohere, stream=stream, messages=[USER, said, {"role": "user", "content": "go on"}])
    assert told.text.startswith(f"{NAME} heard: go on")
    (back, text) = received(vendor)["messages"][1]["content"]
    assert (back["type"], back["thinking"], text["text"]) == ("thinking", PLAN, WORDS)


@both
async def test_an_answer_that_broke_off_is_asked_for_in_turn(cohere: Client, vendor: Vendor, stream: bool) -> None:
    for ask in (chat, message):
        heard = await ask(cohere, stream=stream, envelope={"prefix": WORDS[:40]})
        assert heard.text
        assert [sent["role"] for sent in received(vendor)["messages"]] == ["user", "assistant", "user"]
        assert received(vendor)["messages"][1]["content"] == WORDS[:40]


@both
async def test_what_was_read_from_the_cache_is_told(cohere: Client, stream: bool) -> None:
    turns = [{"role": "system", "content": "x" * 4096}, USER]
    for cached in (0, 1030):
        if stream:
            frames = await cohere.frames(messages=turns, stream=True)
            (used,) = [frame.usage for frame in frames if frame.HasField("usage")]
        else:
            used = (await cohere.call(messages=turns)).answer.usage
        assert (used.input_tokens, used.cached_input_tokens) == (1043, cached)


async def test_texts_become_vectors(cohere: Client) -> None:
    told = []
    for form in ("float", "base64"):
        body = json.dumps({"model": "embed", "input": ["one", "two"], "dimensions": 256, "encoding_format": form})
        response = await cohere.call(model="embed-v4.0", dialect=pb.DIALECT_OPENAI_EMBEDDINGS, body=body.encode())
        told.append([each["embedding"] for each in json.loads(response.answer.body)["data"]])
        assert response.answer.usage.input_tokens == 2
    numbers, packed = told
    assert [len(vector) for vector in numbers] == [256, 256]
    assert [list(array("f", b64decode(vector))) for vector in packed] == [pytest.approx(vector) for vector in numbers]


@both
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ErrorStatus(status=400), Reason.VENDOR_REJECTED),
        (ErrorStatus(status=401), Reason.VENDOR_AUTHENTICATION),
        (ErrorStatus(status=402), Reason.VENDOR_QUOTA_EXHAUSTED),
        (ErrorStatus(status=403), Reason.VENDOR_AUTHENTICATION),
        (ErrorStatus(status=404), Reason.VENDOR_MODEL_NOT_FOUND),
        (ErrorStatus(status=422), Reason.VENDOR_REJECTED),
        (ErrorStatus(status=429, retry_after=7), Reason.VENDOR_RATE_LIMITED),
        (ErrorStatus(status=429, message="limited to 1000 API calls / month"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (ErrorStatus(status=498), Reason.CONTENT_FILTERED),
        (ErrorStatus(status=500), Reason.VENDOR_ERROR),
        (ErrorStatus(status=503), Reason.VENDOR_OVERLOADED),
        (ErrorStatus(status=504), Reason.VENDOR_TIMEOUT),
        (ContextLength(), Reason.CONTEXT_LENGTH_EXCEEDED),
        (ContentFilter(), Reason.CONTENT_FILTERED),
        (ErrorBody(), Reason.VENDOR_ERROR),
        (Reset(), Reason.VENDOR_CONNECTION_LOST),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_errors_have_their_reasons(
    cohere: Client, vendor: Vendor, fault: Fault, reason: Reason, stream: bool
) -> None:
    vendor.set(None, failing(fault))
    failed = await failure(cohere, stream=stream)
    assert failed.reason == reason
    if isinstance(fault, ErrorStatus) and fault.retry_after:
        assert failed.retry_after.ToTimedelta().total_seconds() == fault.retry_after


@both
async def test_requests_that_the_vendor_refuses_have_their_reasons(
    cohere: Client, vendor: Vendor, stream: bool
) -> None:
    begun = [USER, {"role": "assistant", "content": "a"}]
    assert (await failure(cohere, stream=stream, messages=begun)).reason == Reason.VENDOR_REJECTED
    vendor.set(None, Behaviour(context_window=10))
    assert (await failure(cohere, stream=stream)).reason == Reason.CONTEXT_LENGTH_EXCEEDED
    vendor.access = vendor.access.model_copy(update={"models": ("another",)})
    assert (await failure(cohere, stream=stream)).reason == Reason.VENDOR_MODEL_NOT_FOUND


@pytest.mark.parametrize("dialect", [pb.DIALECT_OPENAI_CHAT, MESSAGES])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Cut(after_chunks=2), Reason.VENDOR_STREAM_CUT),
        (Cut(after_chunks=2, how="ended"), Reason.VENDOR_STREAM_CUT),
        (NoFinish(), Reason.VENDOR_STREAM_CUT),
        (ErrorEvent(after_chunks=2), Reason.VENDOR_ERROR),
        (Filtered(after_chunks=2), Reason.VENDOR_ERROR),
        (Malformed(after_chunks=2), Reason.VENDOR_MALFORMED),
        (InvalidUtf8(after_chunks=2), Reason.VENDOR_MALFORMED),
        (HugeBody(after_chunks=2), Reason.VENDOR_RESPONSE_TOO_LARGE),
        (GarbageEvent(what="html"), Reason.VENDOR_MALFORMED),
        (GarbageEvent(what="types"), Reason.VENDOR_MALFORMED),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_a_stream_that_breaks_off_fails(
    cohere: Client, vendor: Vendor, fault: Fault, reason: Reason, dialect: pb.Dialect.ValueType
) -> None:
    vendor.set(None, failing(fault))
    assert (await failure(cohere, stream=True, dialect=dialect, max_tokens=100)).reason == reason


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Cut(), Reason.VENDOR_CONNECTION_LOST),
        (Filtered(after_chunks=2), Reason.VENDOR_ERROR),
        (Malformed(), Reason.VENDOR_MALFORMED),
        (InvalidUtf8(), Reason.VENDOR_MALFORMED),
        (GarbageEvent(what="html"), Reason.VENDOR_MALFORMED),
        (GarbageEvent(what="types"), Reason.VENDOR_MALFORMED),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_a_whole_answer_that_is_none_fails(cohere: Client, vendor: Vendor, fault: Fault, reason: Reason) -> None:
    vendor.set(None, failing(fault))
    assert (await failure(cohere, stream=False)).reason == reason


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(split=Every(bytes=1)),
        Behaviour(split=Every(bytes=7), gzip="always"),
        failing(GarbageEvent(what="comments", comments=500)),
    ],
    ids=["byte by byte", "compressed", "comments"],
)
async def test_a_stream_that_is_whole_is_read_whole(cohere: Client, vendor: Vendor, behaviour: Behaviour) -> None:
    vendor.set(None, behaviour)
    heard = await chat(cohere, stream=True)
    assert (heard.text, heard.finish, heard.usage) == (WORDS, "stop", (16, 16))
