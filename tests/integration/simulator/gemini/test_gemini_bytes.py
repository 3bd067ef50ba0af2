"""Streams of Gemini's dialect, byte for byte, as events and as one array, and every fault in them."""

import json
from typing import Any

import pytest

from simulator import (
    Behaviour,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
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
    Reset,
    SlowFirstToken,
    Stall,
    Vendor,
)
from tests.integration.simulator.clients import Wire, both, content_length, failing
from tests.integration.simulator.gemini.asking import NEW, OLD, WEATHER, body, post
from tests.stack.eventually import eventually

EVENTS, ARRAY, PLAIN = "streamGenerateContent?alt=sse", "streamGenerateContent", "generateContent"
TOOLS = {"tools": [{"functionDeclarations": [WEATHER]}]}
FORCED: dict[str, Any] = {**TOOLS, "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}
THINKING = {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}

CHUNK = (
    '{"candidates":[{"content":{"parts":[{"text":"%s"}],"role":"model"}%s,"index":0}],'
    '"usageMetadata":{"promptTokenCount":16,"candidatesTokenCount":%d,"totalTokenCount":%d,'
    '"promptTokensDetails":[{"modality":"TEXT","tokenCount":16}]},"modelVersion":"gemini-2.5-flash","responseId":"ID"}'
)
CHUNKS = [
    CHUNK % ("gem/gemini-2.5-flash", "", 1, 17),
    CHUNK % (" heard:", "", 2, 18),
    CHUNK % ("", ',"finishReason":"STOP"', 2, 18),
]
WHOLE = """{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "gem/gemini-2.5-flash heard:"
          }
        ],
        "role": "model"
      },
      "finishReason": "STOP",
      "index": 0
    }
  ],
  "usageMetadata": {
    "promptTokenCount": 16,
    "candidatesTokenCount": 2,
    "totalTokenCount": 18,
    "promptTokensDetails": [
      {
        "modality": "TEXT",
        "tokenCount": 16
      }
    ]
  },
  "modelVersion": "gemini-2.5-flash",
  "responseId": "ID"
}
"""


async def came(wire: Wire, method: str = EVENTS, **fields: Any) -> tuple[bytes, bytes]:
    """The headers and the body of a response that ends properly."""
    model = fields.pop("model", OLD)
    post(wire, body(**fields), method, model=model)
    head = await wire.headers()
    said = b""
    if b"content-length" in head:
        return head, await wire.reader.readexactly(content_length(head))
    while size := int(await wire.until(b"\r\n"), 16):
        said += await wire.reader.readexactly(size)
        await wire.until(b"\r\n")
    await wire.until(b"\r\n")
    return head, said


def named(said: bytes, wire_id: str = "ID") -> str:
    """A body with its response's id replaced."""
    mark = b'"responseId":"' if b'"responseId":"' in said else b'"responseId": "'
    return said.replace(said.split(mark)[1].split(b'"')[0], wire_id.encode()).decode()


def events(said: bytes) -> list[Any]:
    """The data of the events of a stream, but for comments."""
    found = [each for each in said.replace(b": keep-alive\n\n", b"").split(b"\r\n\r\n") if each.startswith(b"data: ")]
    return [json.loads(each.removeprefix(b"data: ")) for each in found]


def text(said: bytes) -> str:
    return "".join(
        part.get("text", "") for event in events(said) for part in event["candidates"][0]["content"]["parts"]
    )


async def test_a_stream_of_events_is_as_it_is_documented(socket: Wire, gem: Vendor) -> None:
    gem.set(None, Behaviour(answer_tokens=2))
    head, said = await came(socket)
    assert b"content-type: text/event-stream\r\n" in head
    assert named(said) == "".join(f"data: {chunk}\r\n\r\n" for chunk in CHUNKS)


async def test_a_stream_without_alt_is_one_array(socket: Wire, gem: Vendor) -> None:
    gem.set(None, Behaviour(answer_tokens=2))
    head, said = await came(socket, ARRAY)
    assert b"content-type: application/json; charset=UTF-8\r\n" in head
    assert named(said) == "[" + "\n,\r\n".join(CHUNKS) + "\n]\n"
    gem.set(None, failing(ErrorStatus(status=429)))
    assert [each["error"]["code"] for each in json.loads((await came(socket, ARRAY))[1])] == [429]
    gem.set(None, failing(GarbageEvent(what="comments", comments=50), answer_tokens=2))
    assert len(json.loads((await came(socket, ARRAY))[1])) == 3
    gem.set(None, failing(ErrorEvent(after_chunks=1)))
    assert [next(iter(each)) for each in json.loads((await came(socket, ARRAY))[1])] == ["candidates", "error"]


async def test_a_plain_answer_is_laid_out_as_google_does(socket: Wire, gem: Vendor) -> None:
    gem.set(None, Behaviour(answer_tokens=2))
    assert named((await came(socket, PLAIN))[1]) == WHOLE


async def test_the_call_of_a_function_is_one_chunk(socket: Wire) -> None:
    found = events((await came(socket, model=NEW, **FORCED))[1])
    assert len(found) == 2
    (part,) = found[0]["candidates"][0]["content"]["parts"]
    assert list(part) == ["functionCall", "thoughtSignature"]
    assert list(part["functionCall"]) == ["id", "name", "args"]
    assert found[0]["usageMetadata"]["candidatesTokenCount"] == 16


@both
async def test_a_call_that_was_cut_is_not_told(socket: Wire, stream: bool) -> None:
    said = (await came(socket, EVENTS if stream else PLAIN, generationConfig={"maxOutputTokens": 2}, **FORCED))[1]
    last = events(said)[-1] if stream else json.loads(said)
    assert last["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert last["usageMetadata"]["candidatesTokenCount"] == 2
    assert b"functionCall" not in said


async def test_a_stream_cut_into_single_bytes_is_the_same_stream(socket: Wire, gem: Vendor) -> None:
    whole = named((await came(socket))[1])
    gem.set(None, Behaviour(split=Every()))
    assert named((await came(socket))[1]) == whole


@both
async def test_a_reset_and_a_hang_are_what_they_are(gem: Vendor, stream: bool) -> None:
    method = EVENTS if stream else PLAIN
    gem.set(None, failing(Reset()))
    reset = await Wire.open(gem.base_url)
    post(reset, body(), method)
    with pytest.raises(ConnectionResetError):
        await reset.rest()
    gem.set(None, failing(Hang()))
    hung = await Wire.open(gem.base_url)
    post(hung, body(), method)
    assert await hung.is_silent()
    hung.close()
    await eventually(lambda: [call.outcome for call in gem.calls] == ["faulted:reset", "faulted:hang"])


@pytest.mark.parametrize("after", [0, 2, 99])
@pytest.mark.parametrize("how", ["closed", "ended"])
async def test_a_cut_stream_has_its_chunks_and_no_finish_reason(
    socket: Wire, gem: Vendor, after: int, how: Any
) -> None:
    gem.set(None, failing(Cut(after_chunks=after, how=how), answer_tokens=5))
    post(socket, body(), EVENTS)
    await socket.headers()
    said = await (socket.rest() if how == "closed" else socket.until(b"0\r\n\r\n"))
    assert said.count(b"data: ") == min(after, 5)
    assert b"finishReason" not in said


@both
async def test_a_stalled_answer_goes_silent(socket: Wire, gem: Vendor, stream: bool) -> None:
    gem.set(None, failing(Stall(after_chunks=2)))
    post(socket, body(), EVENTS if stream else PLAIN)
    await socket.until(b" heard:" if stream else b'"parts"')
    while not await socket.is_silent():
        pass
    assert gem.counters()["in_flight"] == 1


async def test_a_slow_first_token_comes_whole(socket: Wire, gem: Vendor) -> None:
    gem.set(None, failing(SlowFirstToken(delay=0.05)))
    assert text((await came(socket))[1]).startswith(f"gem/{OLD} heard: one")


async def test_an_error_breaks_into_a_stream_as_json_by_itself(socket: Wire, gem: Vendor) -> None:
    gem.set(None, failing(ErrorEvent(after_chunks=2)))
    said = (await came(socket))[1]
    *before, last = said.split(b"\r\n\r\n")
    assert len(before) == 2
    assert last.startswith(b'{\n  "error": {\n    "code": 503,\n')
    assert json.loads(last)["error"]["status"] == "UNAVAILABLE"


@both
async def test_the_body_of_an_error_may_come_with_status_200(socket: Wire, gem: Vendor, stream: bool) -> None:
    gem.set(None, failing(ErrorBody(type="RESOURCE_EXHAUSTED", message="Overloaded")))
    head, said = await came(socket, EVENTS if stream else PLAIN)
    assert head.startswith(b"HTTP/1.1 200")
    error = json.loads(said)["error"]
    assert (error["code"], error["message"], error["status"]) == (429, "Overloaded", "RESOURCE_EXHAUSTED")


async def test_a_stream_has_no_mark_of_its_end(socket: Wire, gem: Vendor) -> None:
    whole = named((await came(socket))[1])
    gem.set(None, failing(NoDone(how="ended")))
    assert named((await came(socket))[1]) == whole
    gem.set(None, failing(NoDone()))
    post(socket, body(), EVENTS)
    await socket.until(b'"finishReason":"STOP"')
    await socket.until(b"\r\n\r\n\r\n")
    assert await socket.is_silent()


async def test_a_stream_without_a_finish_reason_has_its_usage(socket: Wire, gem: Vendor) -> None:
    gem.set(None, failing(NoFinish()))
    found = events((await came(socket))[1])
    assert [each["candidates"][0].get("finishReason") for each in found] == [None] * 17
    assert found[-1]["usageMetadata"]["candidatesTokenCount"] == 16


@pytest.mark.parametrize("after", [0, 3])
async def test_a_malformed_event_is_among_the_others(socket: Wire, gem: Vendor, after: int) -> None:
    gem.set(None, failing(Malformed(after_chunks=after), answer_tokens=4))
    found = (await came(socket))[1].split(b"\r\n\r\n")
    with pytest.raises(json.JSONDecodeError):
        json.loads(found.pop(after).removeprefix(b"data: "))
    assert text(b"\r\n\r\n".join(found)) == f"gem/{OLD} heard: one two"


async def test_an_event_of_wrong_types_is_json(socket: Wire, gem: Vendor) -> None:
    gem.set(None, failing(GarbageEvent(what="types", after_chunks=2)))
    assert [each["candidates"] == "none" for each in events((await came(socket))[1])].index(True) == 2
    assert json.loads((await came(socket, PLAIN))[1])["usageMetadata"] == [1, 2, 3]


async def test_a_web_page_and_a_flood_of_comments(socket: Wire, gem: Vendor) -> None:
    gem.set(None, failing(GarbageEvent(what="comments", comments=50)))
    said = (await came(socket))[1]
    assert (said.count(b": keep-alive\n\n"), text(said)[:4]) == (50, "gem/")
    gem.set(None, failing(GarbageEvent()))
    assert b"text/html" in (await came(socket))[0]


@pytest.mark.parametrize("asked", [{}, FORCED, THINKING], ids=["text", "call", "thought"])
@both
async def test_text_that_is_no_utf8_or_huge_is_in_the_text_alone(
    socket: Wire, gem: Vendor, asked: dict[str, Any], stream: bool
) -> None:
    faults: list[tuple[Fault, bytes]] = [
        (InvalidUtf8(after_chunks=0), b"\xff"),
        (HugeBody(bytes=50_000, after_chunks=0), b"x" * 50_000),
    ]
    for fault, mark in faults:
        gem.set(None, failing(fault))
        said = (await came(socket, EVENTS if stream else PLAIN, **asked))[1]
        assert mark in said
        line = next(each for each in said.split(b"\r\n\r\n") if mark in each)
        told = json.loads(line.removeprefix(b"data: ").decode(errors="replace"))
        (part, *rest) = told["candidates"][0]["content"]["parts"]
        spoiled = rest[-1] if rest else part
        inside = spoiled["functionCall"]["args"]["place"] if asked is FORCED else spoiled["text"]
        assert inside.startswith("\ufffd" if mark == b"\xff" else "x" * 50_000)


async def test_vectors_may_be_spoiled_too(socket: Wire, gem: Vendor) -> None:
    gem.set(None, failing(HugeBody(bytes=50_000)))
    content = json.dumps({"content": {"parts": [{"text": "one"}]}, "outputDimensionality": 4}).encode()
    post(socket, content, "embedContent")
    status, said = await socket.response()
    assert (status, len(said) > 50_000, bool(json.loads(said))) == (200, True, True)


async def test_a_filtered_stream_may_say_nothing_but_that(socket: Wire, gem: Vendor) -> None:
    gem.set(None, failing(Filtered(after_chunks=0)))
    found = events((await came(socket))[1])
    assert [each["candidates"][0].get("finishReason") for each in found] == [None, "SAFETY"]
    assert text((await came(socket))[1]) == ""
    assert "parts" not in json.loads((await came(socket, PLAIN))[1])["candidates"][0]["content"]
