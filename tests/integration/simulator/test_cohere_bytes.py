"""Streams of Cohere's dialect, byte for byte, every fault in them, and requests that it refuses."""

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
    GarbageEvent,
    Hang,
    HugeBody,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    Reset,
    SlowFirstToken,
    Stall,
    Vendor,
)
from tests.integration.simulator.clients import MESSAGES, Wire, both, content_length, failing
from tests.stack.eventually import eventually

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CALL = {"id": "look_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
CALLED = {"role": "assistant", "tool_calls": [CALL], "tool_plan": "I look."}
RESULT = {"role": "tool", "tool_call_id": "look_1", "content": "seen"}
USER = {"role": "user", "content": "one"}

START = """event: message-start
data: {"type":"message-start","id":"ID","delta":{"message":{"role":"assistant","content":[],"tool_plan":"",\
"tool_calls":[],"citations":[]}}}

"""
END = """event: message-end
data: {"type":"message-end","delta":{"finish_reason":%s,"usage":{"billed_units":{"input_tokens":16,\
"output_tokens":%d},"tokens":{"input_tokens":76,"output_tokens":%d},"cached_tokens":0}}}

"""
DONE = "data: [DONE]\n\n"


def event(name: str, fields: str) -> str:
    return f'event: {name}\ndata: {{"type":"{name}",{fields}}}\n\n'


@pytest.fixture
async def socket(command: Vendor) -> Any:
    opened = await Wire.open(command.base_url)
    yield opened
    opened.close()


def post(wire: Wire, *, stream: bool = False, **fields: object) -> None:
    body = json.dumps({"model": "command-a", "messages": MESSAGES, "stream": stream, **fields}).encode()
    wire.post(body, "/v2/chat")


async def streamed(wire: Wire, **fields: Any) -> str:
    """The body of a stream that ends properly."""
    post(wire, stream=True, **fields)
    assert b"content-type: text/event-stream" in await wire.headers()
    body = b""
    while size := int(await wire.until(b"\r\n"), 16):
        body += await wire.reader.readexactly(size)
        await wire.until(b"\r\n")
    await wire.until(b"\r\n")
    text = body.decode(errors="surrogateescape")
    identity = text.partition('"id":"')[2].partition('"')[0]
    return text.replace(identity, "ID").replace(f"_{identity[-12:]}", "_ID") if identity else text


def text(body: str) -> str:
    lines = [
        line.removeprefix("data: ") for line in body.split("\n") if line.startswith('data: {"type":"content-delta"')
    ]
    return "".join(json.loads(line)["delta"]["message"]["content"]["text"] for line in lines)


async def test_a_stream_of_text_is_as_it_is_documented(socket: Wire, command: Vendor) -> None:
    command.set(None, Behaviour(answer_tokens=2))
    expected = START + event("content-start", '"index":0,"delta":{"message":{"content":{"type":"text","text":""}}}')
    for token in ("command/command-a", " heard:"):
        expected += event("content-delta", f'"index":0,"delta":{{"message":{{"content":{{"text":"{token}"}}}}}}')
    expected += event("content-end", '"index":0') + END % ('"COMPLETE"', 2, 2) + DONE
    assert await streamed(socket) == expected


async def test_a_stream_of_a_tools_arguments_is_as_it_is_documented(socket: Wire, command: Vendor) -> None:
    command.set(None, Behaviour(answer_tokens=2, answer="tool_call"))
    body = await streamed(socket, tools=[TOOL], thinking={"type": "disabled"})
    begun = '{"id":"look_ID0","type":"function","function":{"name":"look","arguments":""}}'
    expected = START + event("tool-call-start", f'"index":0,"delta":{{"message":{{"tool_calls":{begun}}}}}')
    for token in (r"{\"answer\":\"command/command-a", r" heard:\"}"):
        called = f'{{"function":{{"arguments":"{token}"}}}}'
        expected += event("tool-call-delta", f'"index":0,"delta":{{"message":{{"tool_calls":{called}}}}}')
    assert body == expected + event("tool-call-end", '"index":0') + END % ('"TOOL_CALL"', 2, 2) + DONE


async def test_a_plan_comes_before_the_calls(socket: Wire, command: Vendor) -> None:
    command.set(None, Behaviour(answer_tokens=2, answer="tool_call"))
    body = await streamed(socket, tools=[TOOL])
    plan = event("tool-plan-delta", '"delta":{"message":{"tool_plan":"Asked:"}}')
    assert body.startswith(START + plan)


async def test_a_stream_may_come_byte_by_byte(socket: Wire, command: Vendor) -> None:
    command.set(None, Behaviour(split=Every(bytes=1), answer_tokens=3))
    assert text(await streamed(socket)) == "command/command-a heard: one"


@both
@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (ContextLength(), 400, "too many tokens: "),
        (ContentFilter(), 498, "blocked output"),
        (ErrorBody(), 200, "internal server error"),
        (ErrorBody(message="Overloaded"), 200, "Overloaded"),
    ],
)
async def test_a_refusal_has_coheres_shape(
    socket: Wire, command: Vendor, stream: bool, fault: Fault, status: int, said: str
) -> None:
    command.set(None, failing(fault))
    post(socket, stream=stream)
    given, body = await socket.response()
    told = json.loads(body)
    assert (given, list(told)) == (status, ["id", "message"])
    assert told["message"].startswith(said)


@both
async def test_a_reset_and_a_hang_are_what_they_are(command: Vendor, stream: bool) -> None:
    command.set(None, failing(Reset()))
    reset = await Wire.open(command.base_url)
    post(reset, stream=stream)
    with pytest.raises(ConnectionResetError):
        await reset.rest()
    command.set(None, failing(Hang()))
    hung = await Wire.open(command.base_url)
    post(hung, stream=stream)
    assert await hung.is_silent()
    hung.close()
    await eventually(lambda: [call.outcome for call in command.calls] == ["faulted:reset", "faulted:hang"])


@pytest.mark.parametrize("after", [0, 2, 99])
@pytest.mark.parametrize("how", ["closed", "ended"])
async def test_a_cut_stream_has_its_chunks_and_no_end(socket: Wire, command: Vendor, after: int, how: Any) -> None:
    command.set(None, failing(Cut(after_chunks=after, how=how), answer_tokens=5))
    post(socket, stream=True)
    await socket.headers()
    body = await (socket.rest() if how == "closed" else socket.until(b"0\r\n\r\n"))
    assert body.count(b"event: content-delta") == min(after, 5)
    assert b"message-end" not in body


@both
async def test_a_stalled_answer_goes_silent(socket: Wire, command: Vendor, stream: bool) -> None:
    command.set(None, failing(Stall(after_chunks=2)))
    post(socket, stream=stream)
    await socket.until(b' heard:"}}}}\n\n\r\n' if stream else b'"message":')
    while not await socket.is_silent():
        pass
    assert command.counters()["in_flight"] == 1


async def test_a_slow_first_token_comes_whole(socket: Wire, command: Vendor) -> None:
    command.set(None, failing(SlowFirstToken(delay=0.05)))
    assert text(await streamed(socket)).startswith("command/command-a heard: one")


async def test_an_error_ends_the_message(socket: Wire, command: Vendor) -> None:
    command.set(None, failing(ErrorEvent(after_chunks=2, message="gone")))
    ended = event("message-end", '"delta":{"error":"gone","finish_reason":"ERROR"}')
    assert (await streamed(socket)).endswith(ended)


async def test_a_stream_without_its_end_mark_or_its_finish_reason_has_all_else(socket: Wire, command: Vendor) -> None:
    command.set(None, failing(NoDone(how="ended")))
    assert (await streamed(socket)).endswith(END % ('"COMPLETE"', 16, 16))
    command.set(None, failing(NoFinish()))
    assert (await streamed(socket)).endswith(END % ("null", 16, 16) + DONE)


@pytest.mark.parametrize("after", [0, 3])
async def test_a_malformed_event_is_among_the_others(socket: Wire, command: Vendor, after: int) -> None:
    command.set(None, failing(Malformed(after_chunks=after), answer_tokens=4))
    found = (await streamed(socket)).split("\n\n")
    # message-start and content-start leave with the first text.
    broken = found.pop(after + 2 if after else 0).partition("data: ")[2]
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken)
    assert text("\n\n".join(found)) == "command/command-a heard: one two"


async def test_an_event_of_wrong_types_is_json(socket: Wire, command: Vendor) -> None:
    command.set(None, failing(GarbageEvent(what="types", after_chunks=2)))
    assert '{"type":"content-delta","index":"zero","delta":[7]}' in await streamed(socket)
    post(socket)
    assert json.loads((await socket.response())[1])["message"] == [1]


async def test_a_web_page_and_a_flood_of_comments(socket: Wire, command: Vendor) -> None:
    command.set(None, failing(GarbageEvent(what="comments", comments=50)))
    body = await streamed(socket)
    assert (body.count(": keep-alive\n\n"), text(body)[:17]) == (50, "command/command-a")
    command.set(None, failing(GarbageEvent()))
    post(socket, stream=True)
    assert b"text/html" in await socket.headers()


ASKED: dict[str, dict[str, Any]] = {
    "text": {},
    "tool": {"tools": [TOOL], "tool_choice": "REQUIRED"},
    "thought": {"thinking": {"type": "enabled"}},
}


@pytest.mark.parametrize("kind", ASKED)
@both
async def test_text_that_is_no_utf8_or_huge_is_in_the_text_alone(
    socket: Wire, command: Vendor, kind: str, stream: bool
) -> None:
    asked = ASKED[kind]
    for fault, mark in (
        (InvalidUtf8(after_chunks=0), b"\xff"),
        (HugeBody(bytes=50_000, after_chunks=0), b"x" * 50_000),
    ):
        command.set(None, failing(fault))
        if stream:
            body = (await streamed(socket, **asked)).encode(errors="surrogateescape")
            line = next(line for line in body.split(b"\n") if mark in line)
            assert b"-delta" in line
            json.loads(line.removeprefix(b"data: ").decode(errors="replace"))
        else:
            post(socket, **asked)
            head = await socket.headers()
            body = await socket.reader.readexactly(content_length(head))
            assert mark in body
            assert "usage" in json.loads(body.decode(errors="replace"))


def turns(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages)}


def image(url: object) -> dict[str, Any]:
    return turns({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"model": ""}, "invalid request: model is required"),
    ({"messages": []}, "invalid request: messages must have at least one message"),
    ({"messages": "hi"}, "invalid request: Expected `array | null`, got `str`"),
    (turns({"role": "robot", "content": "a"}), "invalid request: messages[0].role must be one of"),
    (turns({"role": "user", "content": ""}), "invalid request: messages[0].content must be at least 1 token long"),
    (turns({"role": "system"}, USER), "invalid request: messages[0].content is required"),
    (turns(USER, {"role": "assistant", "content": "a"}), "invalid request: the last message must be from the user or"),
    (
        turns({"role": "user", "content": [{"type": "thinking", "text": "a"}]}),
        "invalid request: messages[0].content[0].",
    ),
    (image("ftp://a"), "invalid request: messages[0].content[0].image_url.url must be a data URI"),
    (image(None), "invalid request: messages[0].content[0].image_url.url must be a data URI"),
    (turns(USER | {"tool_calls": [CALL]}), "invalid request: messages[0].tool_calls are the assistant's alone"),
    (turns({"role": "tool", "content": "a"}), "invalid request: messages[0].tool_call_id is required"),
    (turns(USER, RESULT), "invalid request: messages[1].tool_call_id is that of no tool call before it"),
    (turns(USER, CALLED, USER), "invalid request: messages[2]: all tool calls must be followed by the results"),
    (turns(USER, CALLED), "invalid request: all tool calls must be followed by the results"),
    ({"tools": [{"type": "function"}]}, "invalid request: tools[0] must be a function with a name"),
    (
        {"tools": [{"type": "function", "function": {"name": "a"}}]},
        "invalid request: tools[0].function.parameters must be",
    ),
    ({"tools": [TOOL, TOOL]}, "invalid request: tools[1].function.name 'look' is not unique"),
    ({"tools": [TOOL], "tool_choice": "look"}, "invalid request: tool_choice must be one of 'REQUIRED' or 'NONE'"),
    ({"tool_choice": "REQUIRED"}, "invalid request: tool_choice may only be given with tools"),
    ({"temperature": -1}, "invalid request: temperature must be between 0 and inf inclusive"),
    ({"p": 1}, "invalid request: p must be between 0.01 and 0.99 inclusive"),
    ({"k": 501}, "invalid request: k must be between 0 and 500 inclusive"),
    ({"frequency_penalty": 2}, "invalid request: frequency_penalty must be between 0 and 1 inclusive"),
    ({"stop_sequences": ["a"] * 6}, "invalid request: stop_sequences must have at most 5 items"),
    ({"response_format": {"type": "json"}}, "invalid request: response_format.type must be one of"),
    (
        {"response_format": {"type": "json_object"}, "tools": [TOOL]},
        "invalid request: response_format is not supported",
    ),
    ({"thinking": {"type": "adaptive"}}, "invalid request: thinking.type must be one of 'enabled' or 'disabled'"),
]


@pytest.mark.parametrize(("fields", "said"), WRONG)
async def test_a_wrong_request_is_refused(socket: Wire, command: Vendor, fields: dict[str, Any], said: str) -> None:
    post(socket, **fields)
    status, body = await socket.response()
    assert (status, json.loads(body)["message"][: len(said)]) == (400, said)
    await eventually(lambda: command.calls[-1].outcome == "rejected")


@pytest.mark.parametrize(
    "fields",
    [
        {**turns(USER, CALLED, RESULT), "tools": [TOOL]},
        {**turns(USER, CALLED, RESULT | {"content": ""}), "tools": [TOOL]},
        turns(USER, {"role": "assistant", "content": "a"}, USER),
        image("https://example.com/a.png"),
        {"temperature": 1.5, "made_up": {"deep": [1]}, "tools": [TOOL], "tool_choice": "NONE"},
    ],
)
async def test_what_the_api_takes_is_taken(socket: Wire, fields: dict[str, Any]) -> None:
    post(socket, **fields)
    status, body = await socket.response()
    assert (status, json.loads(body)["finish_reason"]) == (200, "COMPLETE")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"input_type": None}, "invalid request: valid input_type must be provided"),
        ({"texts": []}, "invalid request: one of texts, images or inputs must be given"),
        ({"texts": [""]}, "invalid request: texts must be at least 1 token long"),
        ({"texts": ["a"] * 97}, "invalid request: total number of texts must be at most 96"),
        ({"output_dimension": 7}, "invalid request: output_dimension must be one of"),
        ({"embedding_types": ["int8"]}, "invalid request: embedding_types ['int8'] are not supported by this model"),
    ],
)
async def test_wrong_embeddings_are_refused(socket: Wire, fields: dict[str, Any], said: str) -> None:
    asked = {"model": "embed", "input_type": "search_query", "texts": ["a"], **fields}
    socket.post(json.dumps(asked).encode(), "/v2/embed")
    status, body = await socket.response()
    assert (status, json.loads(body)["message"][: len(said)]) == (400, said)


async def test_other_paths_and_methods_are_not_there(socket: Wire) -> None:
    for method, path, status in (("GET", "/v2/chat", 405), ("POST", "/v1/models", 405), ("GET", "/v1/chat", 404)):
        socket.post(b"", path, method)
        assert (await socket.response())[0] == status
