"""Streams of Mistral's, Azure's and the responses' format, byte for byte."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulator import Behaviour, Every, Simulator, Vendor, VendorSpec
from simulator.vendor import DialectName
from tests.integration.simulator.clients import MESSAGES, Wire

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CHAT: dict[str, Any] = {"model": "m", "messages": MESSAGES, "stream": True}
MISTRAL_HEAD = '{"id":"ID","object":"chat.completion.chunk","created":NOW,"model":"m","choices":[{"index":0,"delta":'
SAFE = '{"filtered":false,"severity":"safe"}'
CATEGORIES = f'"hate":{SAFE},"self_harm":{SAFE},"sexual":{SAFE},"violence":{SAFE}'
AZURE_HEAD = (
    '{"id":"chatcmpl-ID","object":"chat.completion.chunk","created":NOW,"model":"m","service_tier":"default",'
    '"system_fingerprint":"fp_simulator","choices":[{"index":0,"delta":'
)


def mistral(delta: str, reason: str = "null", more: str = "") -> str:
    return f'data: {MISTRAL_HEAD}{delta},"finish_reason":{reason}}}]{more}}}\n\n'


def usage(output: int) -> str:
    counts = f'"prompt_tokens":16,"total_tokens":{16 + output},"completion_tokens":{output}'
    return f',"usage":{{{counts},"prompt_tokens_details":{{"cached_tokens":0}}}}'


def azure(delta: str, reason: str = "null", found: str = "") -> str:
    end = f',"logprobs":null,"finish_reason":{reason},"content_filter_results":{{{found}}}}}]}}'
    return f"data: {AZURE_HEAD}{delta}{end}\n\n"


def event(kind: str, number: int, **fields: Any) -> str:
    """An event of a response."""
    return json.dumps({"type": f"response.{kind}", "sequence_number": number, **fields}, separators=(",", ":"))


@pytest.fixture(name="vendor")
async def _vendor(dialect: DialectName) -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="x", dialect=dialect)], seed=1) as running:
        vendor = running.vendor("x")
        vendor.set(None, Behaviour(answer_tokens=2))
        yield vendor


@pytest.fixture(name="wire")
async def _wire(vendor: Vendor) -> AsyncIterator[Wire]:
    opened = await Wire.open(vendor.url)
    yield opened
    opened.close()


async def streamed(wire: Wire, path: str, asked: dict[str, Any]) -> str:
    """The body of a stream, with the request's id and the time left out."""
    wire.post(json.dumps(asked).encode(), path)
    head = await wire.headers()
    assert b"content-type: text/event-stream" in head
    body = b""
    while size := int(await wire.until(b"\r\n"), 16):
        body += await wire.reader.readexactly(size)
        await wire.until(b"\r\n")
    await wire.until(b"\r\n")
    told = re.sub(r'"(created|created_at|completed_at)":\d+', r'"\1":NOW', body.decode())
    return re.sub(r"[0-9a-f]{26}", "ID", told)


@pytest.mark.parametrize("dialect", ["mistral"])
async def test_mistrals_text_is_as_it_is_documented(wire: Wire) -> None:
    assert await streamed(wire, "/v1/chat/completions", CHAT) == (
        mistral('{"role":"assistant","content":""}')
        + mistral('{"content":"x/m"}')
        + mistral('{"content":" heard:"}')
        + mistral('{"content":""}', '"stop"', usage(2))
        + "data: [DONE]\n\n"
    )


@pytest.mark.parametrize("dialect", ["mistral"])
async def test_mistrals_thoughts_and_calls_are_as_they_are_documented(wire: Wire) -> None:
    body = await streamed(
        wire, "/v1/chat/completions", {**CHAT, "prompt_mode": "reasoning", "tools": [TOOL], "tool_choice": "any"}
    )
    thoughts = ["Asked:", " one", " two", " three", " four", " five"]
    (call_id,) = re.findall(r'"id":"([A-Za-z0-9]{9})"', body)
    arguments = r"{\"answer\":\"x/m heard:\"}"
    called = f'"function":{{"name":"look","arguments":"{arguments}"}},"index":1'
    assert body == (
        mistral('{"role":"assistant","content":""}')
        + "".join(
            mistral(f'{{"content":[{{"type":"thinking","thinking":[{{"type":"text","text":"{text}"}}]}}]}}')
            for text in thoughts
        )
        + mistral(f'{{"content":"","tool_calls":[{{"id":"{call_id}",{called}}}]}}')
        + mistral('{"content":""}', '"tool_calls"', usage(8))
        + "data: [DONE]\n\n"
    )


@pytest.mark.parametrize("dialect", ["azure"])
async def test_azures_text_is_as_it_is_documented(wire: Wire) -> None:
    path = "/openai/deployments/m/chat/completions?api-version=2024-10-21"
    jailbreak = '"jailbreak":{"filtered":false,"detected":false}'
    found = f'[{{"prompt_index":0,"content_filter_results":{{{CATEGORIES},{jailbreak}}}}}]'
    nothing = '"choices":[],"created":NOW,"id":"","model":"","object":""'
    assert await streamed(wire, path, CHAT) == (
        f'data: {{{nothing},"prompt_filter_results":{found}}}\n\n'
        + azure('{"role":"assistant","content":"","refusal":null}')
        + azure('{"content":"x/m"}', found=CATEGORIES)
        + azure('{"content":" heard:"}', found=CATEGORIES)
        + azure("{}", '"stop"')
        + "data: [DONE]\n\n"
    )


@pytest.mark.parametrize("dialect", ["openai"])
async def test_the_events_of_a_response_are_as_they_are_documented(wire: Wire) -> None:
    body = await streamed(wire, "/v1/responses", {"model": "m", "input": MESSAGES, "stream": True})
    events = [event.split("\n") for event in body.removesuffix("\n\n").split("\n\n")]
    for name, data in events:
        assert data.startswith(f'data: {{"type":"{name.removeprefix("event: ")}"')
    words = "x/m heard:"
    opened: dict[str, Any] = {"id": "msg_ID_0", "type": "message", "status": "in_progress", "content": []}
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": words}
    expected: list[tuple[str, dict[str, Any]]] = [
        ("content_part.added", {"part": {**part, "text": ""}}),
        ("output_text.delta", {"delta": "x/m", "logprobs": []}),
        ("output_text.delta", {"delta": " heard:", "logprobs": []}),
        ("output_text.done", {"text": words, "logprobs": []}),
        ("content_part.done", {"part": part}),
    ]
    assert [data.removeprefix("data: ") for _, data in events[2:-1]] == [
        event("output_item.added", 2, output_index=0, item={**opened, "role": "assistant"}),
        *(
            event(kind, number, item_id="msg_ID_0", output_index=0, content_index=0, **fields)
            for number, (kind, fields) in enumerate(expected, start=3)
        ),
        event(
            "output_item.done",
            8,
            output_index=0,
            item={**opened, "status": "completed", "content": [part], "role": "assistant"},
        ),
    ]
    last = json.loads(events[-1][1].removeprefix("data: ").replace("NOW", "0"))
    assert (last["type"], last["sequence_number"], last["response"]["status"]) == ("response.completed", 9, "completed")


@pytest.mark.parametrize("dialect", ["mistral", "azure", "openai"])
async def test_a_body_that_is_cut_anywhere_is_the_same(wire: Wire, vendor: Vendor, dialect: DialectName) -> None:
    path = "/openai/v1/responses" if dialect == "azure" else "/v1/responses"
    asked: dict[str, Any] = {"model": "m", "input": MESSAGES, "stream": True}
    if dialect == "mistral":
        path, asked = "/v1/chat/completions", CHAT
    whole = await streamed(wire, path, asked)
    vendor.set(None, Behaviour(answer_tokens=2, split=Every(bytes=7)))
    assert await streamed(wire, path, asked) == whole
