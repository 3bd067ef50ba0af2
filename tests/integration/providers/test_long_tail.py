"""Vendors by LiteLLM's own SDK, in the process of a service that has it, before the simulator's dialects."""

import base64
import json
from array import array
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai.types import CreateEmbeddingResponse

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from simulator import (
    Access,
    Behaviour,
    ContentFilter,
    ContextLength,
    Cut,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Hang,
    Malformed,
    Simulator,
    Stall,
    VendorSpec,
)
from tests.integration.providers.asking import ASKED, CHAT_TOOLS, MESSAGE_TOOLS, PLACE, USER, chat, failure, message
from tests.integration.providers.long_tail import DIALECTS, at_home, running_with_sdk, to
from tests.integration.providers.service import Client, texts
from tests.stack.eventually import eventually
from tests.stack.frameworks import ROOT
from tests.stack.process import OwnedProcess

each = pytest.mark.parametrize("name", DIALECTS)
both = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def words(name: str, count: int = 16) -> str:
    said = f"{name}/small heard: {ASKED} " + " ".join(f"{word}-2" for word in ASKED.split()[:6])
    return " ".join(said.split()[:count])


def afresh(name: str, what: str, *, stream: bool) -> dict[str, Any]:
    """To a provider whose keys no other test uses."""
    return {**to(name), "name": f"{name}-{what}-{'stream' if stream else 'plain'}"}


@pytest.fixture(scope="module", name="sim")
async def _sim() -> AsyncIterator[Simulator]:
    specs = [VendorSpec(name=dialect, dialect=dialect) for dialect in DIALECTS]
    async with Simulator(specs, seed=1) as running:
        yield running


@pytest.fixture(scope="module", name="process")
async def _process(
    sim: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[OwnedProcess, Client]]:
    """One for all tests, for the import takes seconds."""
    async with running_with_sdk(sim, tmp_path_factory.mktemp("long-tail")) as running:
        yield running


@pytest.fixture(name="tail")
async def _tail(process: tuple[OwnedProcess, Client], sim: Simulator) -> Client:
    for name in DIALECTS:
        await sim.vendor(name).heal()
        sim.vendor(name).access = Access()
    return process[1]


@each
@both
async def test_callers_of_every_dialect_are_answered(tail: Client, name: str, stream: bool) -> None:
    heard = await chat(tail, stream=stream, envelope=to(name))
    assert (heard.text, heard.finish, heard.usage) == (words(name), "stop", (16, 16))
    heard = await message(tail, stream=stream, envelope=to(name))
    assert (heard.text, heard.finish, heard.usage) == (words(name), "end_turn", (16, 16))


@each
@both
async def test_limits_reach_the_vendor_and_its_finish_comes_back(tail: Client, name: str, stream: bool) -> None:
    heard = await chat(tail, stream=stream, envelope=to(name), max_completion_tokens=3)
    assert (heard.text, heard.finish, heard.usage[1]) == (words(name, 3), "length", 3)
    heard = await message(tail, stream=stream, envelope=to(name), max_tokens=3)
    assert (heard.text, heard.finish) == (words(name, 3), "max_tokens")


@each
@both
async def test_tools_are_called_and_their_results_heard(tail: Client, sim: Simulator, name: str, stream: bool) -> None:
    sim.vendor(name).set(None, Behaviour(answer="tool_calls"))
    heard = await chat(tail, stream=stream, envelope=to(name), tools=CHAT_TOOLS)
    assert [called for _, called, _ in heard.calls] == ["weather", "clock"]
    assert set(heard.calls[0][2]) == set(PLACE["required"])
    assert heard.finish == "tool_calls"
    calls = [
        {"id": identity, "type": "function", "function": {"name": called, "arguments": json.dumps(arguments)}}
        for identity, called, arguments in heard.calls
    ]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "sunny at noon"} for call in calls]
    sim.vendor(name).set(None, Behaviour())
    heard = await chat(
        tail,
        stream=stream,
        envelope=to(name),
        tools=CHAT_TOOLS,
        messages=[USER, {"role": "assistant", "tool_calls": calls}, *results],
    )
    assert heard.text.startswith(f"{name}/small heard: sunny at noon")


@both
async def test_a_tool_is_called_for_callers_of_anthropics_dialect(tail: Client, sim: Simulator, stream: bool) -> None:
    sim.vendor("mistral").set(None, Behaviour(answer="tool_call"))
    heard = await message(tail, stream=stream, envelope=to("mistral"), tools=MESSAGE_TOOLS)
    assert [called for _, called, _ in heard.calls] == ["weather"]
    assert heard.finish == "tool_use"


async def test_a_vendors_own_id_of_the_call_comes_back(tail: Client) -> None:
    answer = (await tail.call(**to("openai"))).answer
    assert answer.vendor_request_id.startswith("req_")


@pytest.mark.parametrize("packed", [False, True], ids=["numbers", "base64"])
async def test_texts_are_embedded(tail: Client, packed: bool) -> None:
    asked = {"model": "e", "input": ["one", "two three"], "dimensions": 8}
    if packed:
        asked["encoding_format"] = "base64"
    response = await tail.call(
        name="openai",
        model="text-embedding-3-small",
        body=json.dumps(asked).encode(),
        dialect=pb.DIALECT_OPENAI_EMBEDDINGS,
    )
    said = json.loads(response.answer.body)
    if packed:
        for one in said["data"]:
            one["embedding"] = list(array("f", base64.b64decode(one["embedding"])))
    read = CreateEmbeddingResponse.model_validate(said)
    assert [len(one.embedding) for one in read.data] == [8, 8]
    assert read.data[0].embedding != read.data[1].embedding
    assert response.answer.usage.input_tokens == read.usage.prompt_tokens > 0


@each
@both
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, Reason.VENDOR_REJECTED),
        (404, Reason.VENDOR_MODEL_NOT_FOUND),
        (500, Reason.VENDOR_ERROR),
        (503, Reason.VENDOR_OVERLOADED),
        (403, Reason.VENDOR_AUTHENTICATION),  # the last: it lets the keys rest
    ],
)
async def test_a_status_has_the_reason_that_it_has_without_litellm(
    tail: Client, sim: Simulator, name: str, stream: bool, status: int, reason: Reason
) -> None:
    sim.vendor(name).set(None, Behaviour(faults=(ErrorStatus(status=status),)))
    failed = await failure(tail, stream=stream, **afresh(name, "forbidden", stream=stream))
    assert (failed.reason, failed.vendor_status) == (reason, status)
    assert json.loads(failed.vendor_body)["error"]["message"]


@each
@both
async def test_a_key_that_is_refused_is_followed_by_the_next(
    tail: Client, sim: Simulator, name: str, stream: bool
) -> None:
    sim.vendor(name).access = Access(keys=frozenset({"sk-tail-0002"}))
    heard = await chat(tail, stream=stream, envelope=afresh(name, "refused", stream=stream))
    assert heard.text == words(name)
    assert sim.vendor(name).calls[-1].key_suffix == "0002"


@pytest.mark.parametrize("name", ["openai", "anthropic"])
@both
async def test_a_limit_is_told_with_the_wait_that_the_vendor_asks(
    tail: Client, sim: Simulator, name: str, stream: bool
) -> None:
    sim.vendor(name).set(None, Behaviour(faults=(ErrorStatus(status=429, retry_after=7),)))
    failed = await failure(tail, stream=stream, **afresh(name, "limited", stream=stream))
    assert (failed.reason, failed.retry_after.seconds) == (Reason.VENDOR_RATE_LIMITED, 7)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(ContextLength(), Reason.CONTEXT_LENGTH_EXCEEDED), (ContentFilter(), Reason.CONTENT_FILTERED)],
)
@both
async def test_what_a_status_alone_does_not_tell(
    tail: Client, sim: Simulator, stream: bool, fault: Fault, reason: Reason
) -> None:
    sim.vendor("openai").set(None, Behaviour(faults=(fault,)))
    assert (await failure(tail, stream=stream, **to("openai"))).reason == reason


@each
@pytest.mark.parametrize("how", ["closed", "ended"])
async def test_a_stream_that_breaks_off_is_cut_and_never_made_whole(
    tail: Client, sim: Simulator, name: str, how: Any
) -> None:
    sim.vendor(name).set(None, Behaviour(faults=(Cut(after_chunks=4, how=how),)))
    frames = await tail.frames(**to(name))
    assert texts(frames).startswith(words(name, 3))
    assert not any(frame.finish_reason or frame.end for frame in frames)
    assert frames[-1].failure.reason == Reason.VENDOR_STREAM_CUT


@each
async def test_a_whole_answer_that_breaks_off_is_a_lost_connection(tail: Client, sim: Simulator, name: str) -> None:
    sim.vendor(name).set(None, Behaviour(faults=(Cut(),)))
    assert (await failure(tail, stream=False, **to(name))).reason == Reason.VENDOR_CONNECTION_LOST


@each
async def test_a_whole_answer_that_the_sdk_cannot_read_shows_nothing_of_the_sdk(
    tail: Client, sim: Simulator, name: str
) -> None:
    sim.vendor(name).set(None, Behaviour(faults=(Malformed(),)))
    failed = await failure(tail, stream=False, **to(name))
    assert failed.reason == Reason.VENDOR_ERROR
    assert b"Traceback" not in failed.vendor_body
    assert str(ROOT).encode() not in failed.vendor_body


async def test_an_error_within_a_stream_ends_it_with_its_reason(tail: Client, sim: Simulator) -> None:
    sim.vendor("anthropic").set(None, Behaviour(faults=(ErrorEvent(after_chunks=2),)))
    frames = await tail.frames(**to("anthropic"))
    assert texts(frames).startswith("anthropic/small")
    assert frames[-1].failure.reason == Reason.VENDOR_ERROR  # LiteLLM has one status for all of Anthropic's events


@each
@both
@pytest.mark.alone  # it is told 80 ms before the deadline
async def test_the_deadline_is_the_callers_and_ends_the_sdks_call(
    tail: Client, sim: Simulator, name: str, stream: bool
) -> None:
    vendor = sim.vendor(name)
    vendor.set(None, Behaviour(faults=(Hang(),)))
    assert (await failure(tail, stream=stream, within=2.0, **to(name))).reason == Reason.VENDOR_TIMEOUT
    await eventually(lambda: vendor.calls[-1].client_left)


@each
async def test_a_caller_that_leaves_ends_the_sdks_call(tail: Client, sim: Simulator, name: str) -> None:
    vendor = sim.vendor(name)
    vendor.set(None, Behaviour(faults=(Stall(after_chunks=2),)))
    call = tail.stream(**to(name))
    async for batch in call:
        if texts(batch.frames):
            break
    call.cancel()
    await eventually(lambda: vendor.calls[-1].client_left)


@both
async def test_a_vendor_that_is_not_there_is_unreachable(tail: Client, stream: bool) -> None:
    failed = await failure(tail, stream=stream, name="nowhere", model="small")
    assert (failed.reason, failed.retryable) == (Reason.VENDOR_UNREACHABLE, True)


async def test_a_provider_whose_proxy_the_sdk_would_go_around_is_not_called(tail: Client) -> None:
    failed = await failure(tail, stream=False, name="proxied", model="small")
    assert (failed.reason, failed.retryable) == (Reason.VENDOR_UNREACHABLE, False)
    assert "without a proxy" in failed.message


@pytest.mark.parametrize(
    ("name", "told", "retryable"),
    [
        ("unusable", "The provider's base URL is not usable.", False),
        ("elsewhere", "The vendor could not be reached: its name could not be resolved.", True),
    ],
)
async def test_a_base_url_that_leads_nowhere_says_so(tail: Client, name: str, told: str, retryable: bool) -> None:
    failed = await failure(tail, stream=False, name=name, model="small")
    assert (failed.reason, failed.message, failed.retryable) == (Reason.VENDOR_UNREACHABLE, told, retryable)


async def test_without_a_key_nothing_is_asked_with_those_of_the_environment(tail: Client, sim: Simulator) -> None:
    before = len(sim.vendor("openai").calls)
    assert (await failure(tail, stream=False, **{**to("openai"), "name": "keyless"})).reason
    assert len(sim.vendor("openai").calls) == before


async def test_an_address_that_may_not_be_called_is_not(tail: Client) -> None:
    failed = await failure(tail, stream=False, name="metadata", model="small")
    assert (failed.reason, failed.retryable) == (Reason.VENDOR_UNREACHABLE, False)
    assert "the address of a cloud's metadata" in failed.message


@both
async def test_what_the_vendor_has_nothing_for_is_named_and_not_dropped(tail: Client, stream: bool) -> None:
    failed = await failure(tail, stream=stream, **to("anthropic"), seed=7)
    assert (failed.reason, failed.message) == (
        Reason.UNSUPPORTED_BY_TARGET,
        "The vendor, or the model, has nothing for seed.",
    )


@each
@both
@pytest.mark.parametrize("other", DIALECTS)
async def test_the_provider_says_whom_its_key_is_shown_and_a_models_name_nobody_else(
    tail: Client, sim: Simulator, name: str, other: str, stream: bool
) -> None:
    before: dict[str, int] = {one: len(sim.vendor(one).calls) for one in DIALECTS}
    heard = await chat(tail, stream=stream, envelope=to(at_home(name), f"{other}/small"))
    assert heard.text.startswith(f"{name}/{other}/small heard")
    (call,) = sim.vendor(name).calls[before.pop(name) :]
    assert (call.model, call.key_suffix) == (f"{other}/small", "0001")
    assert {one: len(sim.vendor(one).calls) for one in before} == before


@both
@pytest.mark.parametrize(
    ("name", "model"),
    [
        # What the SDK gives to Replicate, OpenAI and Clarifai, whoever is asked.
        (at_home("anthropic"), "replicate/meta/llama-3"),
        (at_home("anthropic"), "my-replicate"),
        (at_home("anthropic"), "ft:gpt-3.5-turbo:acme"),
        (at_home("anthropic"), "ft:babbage-002"),
        (at_home("anthropic"), "clarifai/gcp.generate.gemini-2_5-pro"),
        (
            at_home("anthropic"),
            "daanelson/flan-t5-large:ce962b3f6792a57074a601d3979db5839697add2e4e02696b3ced4c022d4767f",
        ),
        ("azure", "mistral-large-latest"),
        # What it takes for an address.
        (at_home("openai"), "http://127.0.0.1/steal"),
    ],
)
async def test_a_model_whose_name_leads_the_sdk_to_another_vendor_is_not_called(
    tail: Client, sim: Simulator, name: str, model: str, stream: bool
) -> None:
    before = [len(sim.vendor(one).calls) for one in DIALECTS]
    assert (await failure(tail, stream=stream, **to(name, model))).reason == Reason.UNSUPPORTED_BY_TARGET
    assert [len(sim.vendor(one).calls) for one in DIALECTS] == before


@pytest.mark.parametrize(
    ("name", "reason", "told"),
    [
        ("no-such-vendor", Reason.VENDOR_MODEL_NOT_FOUND, "does not know the provider's sdk_vendor 'no-such-vendor'"),
        ("bedrock", Reason.VENDOR_UNREACHABLE, "'bedrock' is not called: LiteLLM calls it with what this machine may"),
        ("gemini", Reason.VENDOR_UNREACHABLE, "vendor gemini is the one for it"),
        ("vertex_ai", Reason.VENDOR_UNREACHABLE, "vendor vertex is the one for it"),
        ("github_copilot", Reason.VENDOR_UNREACHABLE, "LiteLLM has somebody log in by hand"),
        ("asks-nobody", Reason.VENDOR_UNREACHABLE, "it does not say whom LiteLLM's SDK asks, by its sdk_vendor"),
    ],
)
async def test_whom_a_key_does_not_let_in_is_not_asked(tail: Client, name: str, reason: Reason, told: str) -> None:
    failed = await failure(tail, stream=False, **to(name))
    assert (failed.reason, failed.retryable) == (reason, False)
    assert told in failed.message


@pytest.mark.parametrize("field", ["api_base", "api_key", "mock_response", "fallbacks", "extra_headers", "callbacks"])
async def test_callers_do_not_reach_the_sdks_own_settings(tail: Client, sim: Simulator, field: str) -> None:
    body = json.dumps({"model": "chat", "messages": [USER], field: "http://127.0.0.1:9"}).encode()
    response = await tail.call(**to("openai"), body=body)
    assert json.loads(response.answer.body)["choices"][0]["message"]["content"] == words("openai")
    assert list(response.answer.dropped) == [field]
    assert field not in json.loads(sim.vendor("openai").calls[-1].body or b"")
    assert sim.vendor("openai").calls[-1].key_suffix in {"0001", "0002"}


async def test_the_log_is_seawalls_alone_and_has_no_key_and_nothing_that_callers_say(
    process: tuple[OwnedProcess, Client], tail: Client, sim: Simulator
) -> None:
    sim.vendor("openai").set(None, Behaviour(faults=(ErrorStatus(status=500),)))
    await failure(tail, stream=True, **to("openai"))
    said = process[0].last_words()
    assert ASKED not in said
    assert "sk-tail" not in said
    assert [line for line in said.splitlines() if json.loads(line)["service"] != "providers"] == []
