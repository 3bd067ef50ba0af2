"""Streams of Anthropic's dialect, byte for byte, and every fault in them."""

import json
from typing import Any

import pytest

from simulator import (
    Behaviour,
    ContentFilter,
    ContextLength,
    Cut,
    ErrorBody,
    ErrorEvent,
    Every,
    Fault,
    Filtered,
    GarbageEvent,
    Hang,
    HugeBody,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    RefusesPrefill,
    Reset,
    SlowFirstToken,
    Stall,
    Vendor,
)
from tests.integration.simulator.clients import Wire, both, content_length, failing, message
from tests.stack.eventually import eventually

TOOL = {"name": "look", "input_schema": {"type": "object"}}

START = """event: message_start
data: {"type":"message_start","message":{"model":"sonnet","id":"msg_ID","type":"message","role":"assistant",\
"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":16,"cache_creation_input_tokens":0,\
"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},\
"output_tokens":1,"service_tier":"standard"}}}

"""
PING = """event: ping
data: {"type":"ping"}

"""
STOP = """event: content_block_stop
data: {"type":"content_block_stop","index":0}

"""
DELTA = """event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"%s","stop_sequence":null},"usage":{"input_tokens":16,\
"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":%d}}

"""
DONE = """event: message_stop
data: {"type":"message_stop"}

"""


def block(start: str, *deltas: str) -> str:
    events = [f'content_block_start\ndata: {{"type":"content_block_start","index":0,"content_block":{start}}}\n\n']
    events += [
        f'content_block_delta\ndata: {{"type":"content_block_delta","index":0,"delta":{delta}}}\n\n' for delta in deltas
    ]
    first, *rest = (f"event: {event}" for event in events)
    return first + PING + "".join(rest)


@pytest.fixture
async def socket(claude: Vendor) -> Any:
    opened = await Wire.open(claude.base_url)
    yield opened
    opened.close()


async def streamed(wire: Wire, **fields: object) -> str:
    """The body of a stream that ends properly."""
    wire.post_message(message(stream=True, **fields))
    head = await wire.headers()
    assert b"content-type: text/event-stream" in head
    body = b""
    while size := int(await wire.until(b"\r\n"), 16):
        body += await wire.reader.readexactly(size)
        await wire.until(b"\r\n")
    await wire.until(b"\r\n")
    identity = head.split(b"request-id: req_")[1].split(b"\r\n")[0]
    return body.replace(identity, b"ID").decode(errors="surrogateescape")


def events(body: str) -> list[tuple[str, Any]]:
    """The events of a body, but for comments."""
    found = [event.split("\n") for event in body.split("\n\n") if event and not event.startswith(":")]
    return [(name.removeprefix("event: "), data.removeprefix("data: ")) for name, data in found]


def text(body: str) -> str:
    deltas = [json.loads(data)["delta"] for name, data in events(body) if name == "content_block_delta"]
    return "".join(delta.get("text", "") for delta in deltas)


async def test_a_stream_of_text_is_as_it_is_documented(socket: Wire, claude: Vendor) -> None:
    claude.set(None, Behaviour(answer_tokens=3))
    deltas = (f'{{"type":"text_delta","text":"{token}"}}' for token in ("claude/sonnet", " heard:", " one"))
    expected = START + block('{"type":"text","text":""}', *deltas) + STOP + DELTA % ("end_turn", 3) + DONE
    assert await streamed(socket) == expected


async def test_a_stream_of_a_tools_input_is_as_it_is_documented(socket: Wire, claude: Vendor) -> None:
    claude.set(None, Behaviour(answer_tokens=2, answer="tool_call"))
    opened = block(
        '{"type":"tool_use","id":"toolu_ID_0","name":"look","input":{}}',
        '{"type":"input_json_delta","partial_json":""}',
        r'{"type":"input_json_delta","partial_json":"{\"answer\":\"claude/sonnet"}',
        r'{"type":"input_json_delta","partial_json":" heard:\"}"}',
    )
    body = await streamed(socket, tools=[TOOL])
    counted = (DELTA % ("tool_use", 2)).replace('"input_tokens":16', '"input_tokens":25')
    assert body.partition("\n\n")[2] == opened + STOP + counted + DONE


async def test_a_thoughts_signature_comes_before_its_end(socket: Wire) -> None:
    body = await streamed(socket, thinking={"type": "adaptive"})
    kinds = [json.loads(data).get("delta", {}).get("type", name) for name, data in events(body)]
    assert kinds == [
        "message_start", "content_block_start", "ping", *["thinking_delta"] * 6, "signature_delta",
        "content_block_stop", "content_block_start", *["text_delta"] * 16, "content_block_stop", "message_delta",
        "message_stop",
    ]  # fmt: skip


async def test_a_stream_cut_into_single_bytes_is_the_same_stream(socket: Wire, claude: Vendor) -> None:
    whole = await streamed(socket)
    claude.set(None, Behaviour(split=Every()))
    assert await streamed(socket) == whole


@both
@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (ContextLength(), 400, "prompt is too long: "),
        (ContentFilter(), 400, "Output blocked by content filtering policy"),
        (ErrorBody(), 200, "Internal server error"),
        (ErrorBody(type="overloaded_error", message="Overloaded"), 200, "Overloaded"),
    ],
)
async def test_a_refusal_has_anthropics_shape(
    socket: Wire, claude: Vendor, stream: bool, fault: Fault, status: int, said: str
) -> None:
    claude.set(None, failing(fault))
    socket.post_message(message(stream=stream))
    given, body = await socket.response()
    told = json.loads(body)
    assert (given, told["type"], list(told)) == (status, "error", ["type", "error", "request_id"])
    assert told["error"]["message"].startswith(said)


async def test_a_begun_answer_meets_a_refusal_of_it_and_others_do_not(socket: Wire, claude: Vendor) -> None:
    claude.set(None, failing(RefusesPrefill()))
    socket.post_message(message(messages=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]))
    status, body = await socket.response()
    assert (status, json.loads(body)["error"]["type"]) == (400, "invalid_request_error")
    socket.post_message(message())
    assert (await socket.response())[0] == 200


@both
async def test_a_reset_and_a_hang_are_what_they_are(claude: Vendor, stream: bool) -> None:
    claude.set(None, failing(Reset()))
    reset = await Wire.open(claude.base_url)
    reset.post_message(message(stream=stream))
    with pytest.raises(ConnectionResetError):
        await reset.rest()
    claude.set(None, failing(Hang()))
    hung = await Wire.open(claude.base_url)
    hung.post_message(message(stream=stream))
    assert await hung.is_silent()
    hung.close()
    await eventually(lambda: [call.outcome for call in claude.calls] == ["faulted:reset", "faulted:hang"])


@pytest.mark.parametrize("after", [0, 2, 99])
@pytest.mark.parametrize("how", ["closed", "ended"])
async def test_a_cut_stream_has_its_chunks_and_no_stop_reason(
    socket: Wire, claude: Vendor, after: int, how: Any
) -> None:
    claude.set(None, failing(Cut(after_chunks=after, how=how), answer_tokens=5))
    socket.post_message(message(stream=True))
    await socket.headers()
    body = await (socket.rest() if how == "closed" else socket.until(b"0\r\n\r\n"))
    assert body.count(b'"text_delta"') == min(after, 5)
    assert b"message_delta" not in body
    assert b"message_stop" not in body


@both
async def test_a_stalled_answer_goes_silent(socket: Wire, claude: Vendor, stream: bool) -> None:
    claude.set(None, failing(Stall(after_chunks=2)))
    socket.post_message(message(stream=stream))
    await socket.until(b' heard:"}}\n\n\r\n' if stream else b'"role":"assistant"')
    while not await socket.is_silent():
        pass
    assert claude.counters()["in_flight"] == 1


async def test_a_slow_first_token_comes_whole(socket: Wire, claude: Vendor) -> None:
    claude.set(None, failing(SlowFirstToken(delay=0.05)))
    assert text(await streamed(socket)).startswith("claude/sonnet heard: one")


async def test_an_error_event_is_the_last_event(socket: Wire, claude: Vendor) -> None:
    claude.set(None, failing(ErrorEvent(after_chunks=2)))
    name, data = events(await streamed(socket))[-1]
    assert (name, json.loads(data)) == (
        "error",
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    )


async def test_a_stream_without_its_end_mark_has_all_else(socket: Wire, claude: Vendor) -> None:
    claude.set(None, failing(NoDone(how="ended")))
    body = await streamed(socket)
    assert body.endswith(STOP + DELTA % ("end_turn", 16))
    claude.set(None, failing(NoDone()))
    socket.post_message(message(stream=True))
    await socket.until(b"message_delta")
    await socket.until(b"\n\n\r\n")
    assert await socket.is_silent()


async def test_a_stream_without_a_finish_reason_has_its_usage_and_its_end(socket: Wire, claude: Vendor) -> None:
    claude.set(None, failing(NoFinish()))
    ended = (DELTA % ("end_turn", 16)).replace('"end_turn"', "null")
    assert (await streamed(socket)).endswith(STOP + ended + DONE)


@pytest.mark.parametrize("after", [0, 3])
async def test_a_malformed_event_is_among_the_others(socket: Wire, claude: Vendor, after: int) -> None:
    claude.set(None, failing(Malformed(after_chunks=after), answer_tokens=4))
    found = events(await streamed(socket))
    # message_start, content_block_start and ping leave with the first text.
    name, data = found.pop(after + 3 if after else 0)
    assert name == "content_block_delta"
    with pytest.raises(json.JSONDecodeError):
        json.loads(data)
    assert [json.loads(data)["type"] for _, data in found][-1] == "message_stop"


async def test_an_event_of_wrong_types_is_json(socket: Wire, claude: Vendor) -> None:
    claude.set(None, failing(GarbageEvent(what="types", after_chunks=2)))
    found = [json.loads(data) for _, data in events(await streamed(socket))]
    assert [event.get("index") for event in found].index("zero") == 5
    socket.post_message(message())
    assert json.loads((await socket.response())[1])["content"] == "none"


async def test_a_web_page_and_a_flood_of_comments(socket: Wire, claude: Vendor) -> None:
    claude.set(None, failing(GarbageEvent(what="comments", comments=50)))
    body = await streamed(socket)
    assert (body.count(": keep-alive\n\n"), text(body)[:13]) == (50, "claude/sonnet")
    claude.set(None, failing(GarbageEvent()))
    socket.post_message(message(stream=True))
    assert b"text/html" in await socket.headers()


ASKED: dict[str, dict[str, Any]] = {
    "text": {},
    "tool": {"tools": [TOOL], "tool_choice": {"type": "any"}},
    "thought": {"thinking": {"type": "adaptive"}},
}


@pytest.mark.parametrize("kind", ASKED)
@both
async def test_text_that_is_no_utf8_or_huge_is_in_the_text_alone(
    socket: Wire, claude: Vendor, kind: str, stream: bool
) -> None:
    asked = ASKED[kind]
    for fault, mark in (
        (InvalidUtf8(after_chunks=0), b"\xff"),
        (HugeBody(bytes=50_000, after_chunks=0), b"x" * 50_000),
    ):
        claude.set(None, failing(fault))
        if stream:
            body = (await streamed(socket, **asked)).encode(errors="surrogateescape")
            line = next(line for line in body.split(b"\n") if mark in line)
            assert b"content_block_delta" in line
            json.loads(line.removeprefix(b"data: ").decode(errors="replace"))
        else:
            socket.post_message(message(**asked))
            head = await socket.headers()
            body = await socket.reader.readexactly(content_length(head))
            assert mark in body
            told = json.loads(body.decode(errors="replace"))["content"]
            assert told[-1]["type"] == ("tool_use" if kind == "tool" else "text")


async def test_a_filtered_stream_says_that_it_is_a_refusal(socket: Wire, claude: Vendor) -> None:
    claude.set(None, failing(Filtered(after_chunks=0)))
    found = [json.loads(data) for _, data in events(await streamed(socket))]
    assert [event["type"] for event in found] == ["message_start", "ping", "message_delta", "message_stop"]
    assert found[2]["delta"]["stop_reason"] == "refusal"


@both
async def test_a_cut_call_of_a_tool_has_what_there_is_of_its_input(socket: Wire, claude: Vendor, stream: bool) -> None:
    asked: dict[str, Any] = {"tools": [TOOL], "tool_choice": {"type": "any"}, "max_tokens": 2}
    if stream:
        found = [json.loads(data) for _, data in events(await streamed(socket, **asked))]
        parts = [event["delta"]["partial_json"] for event in found if event["type"] == "content_block_delta"]
        assert "".join(parts) == '{"answer":"claude/sonnet heard:'
        assert found[-2]["delta"]["stop_reason"] == "max_tokens"
    else:
        socket.post_message(message(**asked))
        told = json.loads((await socket.response())[1])
        assert (told["content"][0]["input"], told["stop_reason"]) == ({}, "max_tokens")
