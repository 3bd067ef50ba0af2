"""Streams of Bedrock's dialect, frame for frame, and every fault in them; who asks, over raw connections."""

import json
import struct
import zlib
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from simulator import (
    Access,
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
from tests.integration.simulator.bedrock import MODEL, post
from tests.integration.simulator.clients import Wire, both, content_length, failing
from tests.stack.eventually import eventually

TOOL = {"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}
TOOLS: dict[str, Any] = {"toolConfig": {"tools": [TOOL], "toolChoice": {"any": {}}}}
Event = tuple[str, bytes]


@pytest.fixture
async def socket(rock: Vendor) -> Any:
    opened = await Wire.open(rock.base_url)
    yield opened
    opened.close()


async def chunks(wire: Wire, *, gzip: bool = False) -> bytes:
    """The body of a stream that ends properly."""
    head = await wire.headers()
    assert b"content-type: application/vnd.amazon.eventstream\r\n" in head
    assert (b"content-encoding: gzip" in head) is gzip
    body = b""
    while size := int(await wire.until(b"\r\n"), 16):
        body += await wire.reader.readexactly(size)
        await wire.until(b"\r\n")
    await wire.until(b"\r\n")
    return zlib.decompress(body, 16 + zlib.MAX_WBITS) if gzip else body


def frames(body: bytes) -> list[Event]:
    """The frames of a body, as botocore reads them, checksums included: name and payload."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    found = list(buffer)
    for one in found:
        assert one.headers[":content-type"] == "application/json"
    return [(one.headers.get(":event-type") or one.headers[":exception-type"], one.payload) for one in found]


async def streamed(wire: Wire, **fields: Any) -> list[Event]:
    post(wire, stream=True, **fields)
    return frames(await chunks(wire))


def text(events: list[Event]) -> str:
    deltas = [json.loads(payload)["delta"] for name, payload in events if name == "contentBlockDelta"]
    return "".join(delta.get("text", "") for delta in deltas)


def without_padding(events: list[Event]) -> list[tuple[str, Any]]:
    told = [(name, json.loads(payload)) for name, payload in events]
    for _, payload in told:
        assert payload.pop("p").isalnum()
    return told


async def test_a_stream_of_text_is_as_it_is_documented(socket: Wire, rock: Vendor) -> None:
    rock.set(None, Behaviour(answer_tokens=2))
    assert without_padding(await streamed(socket)) == [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": f"rock/{MODEL}"}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": " heard:"}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        (
            "metadata",
            {
                "metrics": {"latencyMs": 2},
                "usage": {
                    "inputTokens": 16,
                    "outputTokens": 2,
                    "totalTokens": 18,
                    "cacheReadInputTokens": 0,
                    "cacheWriteInputTokens": 0,
                },
            },
        ),
    ]


async def test_a_stream_of_a_tools_input_is_as_it_is_documented(socket: Wire, rock: Vendor) -> None:
    rock.set(None, Behaviour(answer_tokens=2))
    told = without_padding(await streamed(socket, **TOOLS))
    identity = told[1][1]["start"]["toolUse"]["toolUseId"]
    assert told[1:-1] == [
        ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"name": "look", "toolUseId": identity}}}),
        (
            "contentBlockDelta",
            {"contentBlockIndex": 0, "delta": {"toolUse": {"input": f'{{"answer":"rock/{MODEL}'}}},
        ),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": ' heard:"}'}}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "tool_use"}),
    ]


async def test_a_frame_has_its_lengths_and_both_checksums(socket: Wire, rock: Vendor) -> None:
    rock.set(None, Behaviour(answer_tokens=1))
    post(socket, stream=True)
    body = await chunks(socket)
    total, headers, prelude = struct.unpack_from("!III", body)
    assert prelude == zlib.crc32(body[:8])
    assert struct.unpack("!I", body[total - 4 : total]) == (zlib.crc32(body[: total - 4]),)
    begun = b"\x0b:event-type\x07\x00\x0cmessageStart\x0d:content-type\x07\x00\x10application/json"
    assert body[12 : 12 + headers] == begun + b"\x0d:message-type\x07\x00\x05event"


async def test_a_stream_may_come_byte_by_byte_and_compressed(socket: Wire, rock: Vendor) -> None:
    rock.set(None, Behaviour(split=Every(bytes=1), gzip="always", answer_tokens=3))
    post(socket, stream=True)
    assert text(frames(await chunks(socket, gzip=True))) == f"rock/{MODEL} heard: one"


@both
@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (ContextLength(), 400, "Input is too long for requested model."),
        (ContentFilter(), 400, "The model returned the following errors: Output blocked by content filtering policy"),
        (ErrorBody(), 200, "The system encountered an unexpected error"),
        (ErrorBody(message="Overloaded"), 200, "Overloaded"),
    ],
)
async def test_a_refusal_has_bedrocks_shape(
    socket: Wire, rock: Vendor, stream: bool, fault: Fault, status: int, said: str
) -> None:
    rock.set(None, failing(fault))
    post(socket, stream=stream)
    head = await socket.headers()
    told = json.loads(await socket.reader.readexactly(content_length(head)))
    assert int(head.split()[1]) == status
    assert (b"x-amzn-errortype: ValidationException\r\n" in head) is (status == 400)
    assert list(told) == ["message"]
    assert told["message"].startswith(said)


async def test_a_begun_answer_meets_a_refusal_of_it_and_others_do_not(socket: Wire, rock: Vendor) -> None:
    rock.set(None, failing(RefusesPrefill()))
    turns = [{"role": role, "content": [{"text": "a"}]} for role in ("user", "assistant")]
    post(socket, messages=turns)
    assert (await socket.response())[0] == 400
    post(socket)
    assert (await socket.response())[0] == 200


@both
async def test_a_reset_and_a_hang_are_what_they_are(rock: Vendor, stream: bool) -> None:
    rock.set(None, failing(Reset()))
    reset = await Wire.open(rock.base_url)
    post(reset, stream=stream)
    with pytest.raises(ConnectionResetError):
        await reset.rest()
    rock.set(None, failing(Hang()))
    hung = await Wire.open(rock.base_url)
    post(hung, stream=stream)
    assert await hung.is_silent()
    hung.close()
    await eventually(lambda: [call.outcome for call in rock.calls] == ["faulted:reset", "faulted:hang"])


@pytest.mark.parametrize("after", [0, 2, 99])
@pytest.mark.parametrize("how", ["closed", "ended"])
async def test_a_cut_stream_has_its_chunks_and_no_stop_reason(socket: Wire, rock: Vendor, after: int, how: Any) -> None:
    rock.set(None, failing(Cut(after_chunks=after, how=how), answer_tokens=5))
    post(socket, stream=True)
    await socket.headers()
    body = await (socket.rest() if how == "closed" else socket.until(b"0\r\n\r\n"))
    assert body.count(b"contentBlockDelta") == min(after, 5)
    assert b"messageStop" not in body


@both
async def test_a_stalled_answer_goes_silent(socket: Wire, rock: Vendor, stream: bool) -> None:
    rock.set(None, failing(Stall(after_chunks=2)))
    post(socket, stream=stream)
    await socket.until(b'" heard:"' if stream else b'{"metrics"')
    while not await socket.is_silent():
        pass
    assert rock.counters()["in_flight"] == 1


async def test_a_slow_first_token_comes_whole(socket: Wire, rock: Vendor) -> None:
    rock.set(None, failing(SlowFirstToken(delay=0.05)))
    assert text(await streamed(socket)).startswith(f"rock/{MODEL} heard: one")


async def test_an_exception_is_the_last_frame(socket: Wire, rock: Vendor) -> None:
    rock.set(None, failing(ErrorEvent(after_chunks=2, type="ModelStreamErrorException", message="gone")))
    assert (await streamed(socket))[-1] == ("modelStreamErrorException", b'{"message":"gone"}')


async def test_a_stream_without_its_end_mark_has_no_metadata(socket: Wire, rock: Vendor) -> None:
    rock.set(None, failing(NoDone(how="ended")))
    assert (await streamed(socket))[-1][0] == "messageStop"
    rock.set(None, failing(NoDone()))
    post(socket, stream=True)
    await socket.until(b'"stopReason":"end_turn"}')
    await socket.until(b"\r\n")
    assert await socket.is_silent()


async def test_a_stream_without_a_finish_reason_has_its_usage(socket: Wire, rock: Vendor) -> None:
    rock.set(None, failing(NoFinish()))
    assert [name for name, _ in await streamed(socket)][-2:] == ["contentBlockStop", "metadata"]


@pytest.mark.parametrize("after", [0, 3])
async def test_a_malformed_event_is_well_framed_and_among_the_others(socket: Wire, rock: Vendor, after: int) -> None:
    rock.set(None, failing(Malformed(after_chunks=after), answer_tokens=4))
    found = await streamed(socket)
    # messageStart leaves with the first text.
    name, payload = found.pop(after + 1 if after else 0)
    assert name == "contentBlockDelta"
    with pytest.raises(json.JSONDecodeError):
        json.loads(payload)
    assert len(without_padding(found)) == 8


async def test_an_event_of_wrong_types_is_json(socket: Wire, rock: Vendor) -> None:
    rock.set(None, failing(GarbageEvent(what="types", after_chunks=2)))
    found = [json.loads(payload) for _, payload in await streamed(socket)]
    assert [event.get("contentBlockIndex") for event in found].index("zero") == 3
    post(socket)
    assert json.loads((await socket.response())[1])["usage"] == [1, 2, 3]


async def test_a_web_page_and_a_flood_of_events_that_say_nothing(socket: Wire, rock: Vendor) -> None:
    rock.set(None, failing(GarbageEvent(what="comments", comments=50)))
    found = await streamed(socket)
    assert [name for name, _ in found].count("keepAlive") == 50
    assert text(found).startswith(f"rock/{MODEL} heard:")
    rock.set(None, failing(GarbageEvent()))
    post(socket, stream=True)
    assert b"text/html" in await socket.headers()


ASKED: dict[str, dict[str, Any]] = {
    "text": {},
    "tool": TOOLS,
    "thought": {"additionalModelRequestFields": {"thinking": {"type": "adaptive"}}},
}


@pytest.mark.parametrize("kind", ASKED)
@both
async def test_text_that_is_no_utf8_or_huge_is_in_the_text_alone(
    socket: Wire, rock: Vendor, kind: str, stream: bool
) -> None:
    asked = ASKED[kind]
    for fault, mark in (
        (InvalidUtf8(after_chunks=0), b"\xff"),
        (HugeBody(bytes=50_000, after_chunks=0), b"x" * 50_000),
    ):
        rock.set(None, failing(fault))
        if stream:
            found = await streamed(socket, **asked)  # whose checksums are right
            name, payload = next(event for event in found if mark in event[1])
            assert name == "contentBlockDelta"
            json.loads(payload.decode(errors="replace"))
        else:
            post(socket, **asked)
            head = await socket.headers()
            body = await socket.reader.readexactly(content_length(head))
            assert mark in body
            last = json.loads(body.decode(errors="replace"))["output"]["message"]["content"][-1]
            assert list(last) == ["toolUse" if kind == "tool" else "text"]


async def test_a_filtered_stream_ends_with_its_reason(socket: Wire, rock: Vendor) -> None:
    rock.set(None, failing(Filtered(after_chunks=0)))
    found = without_padding(await streamed(socket))
    assert [name for name, _ in found] == ["messageStart", "messageStop", "metadata"]
    assert found[1][1]["stopReason"] == "content_filtered"


@both
async def test_a_cut_call_of_a_tool_has_what_there_is_of_its_input(socket: Wire, stream: bool) -> None:
    asked: dict[str, Any] = {**TOOLS, "inferenceConfig": {"maxTokens": 2}}
    if stream:
        found = [json.loads(payload) for _, payload in await streamed(socket, **asked)]
        parts = [event["delta"]["toolUse"]["input"] for event in found if "delta" in event]
        assert "".join(parts) == f'{{"answer":"rock/{MODEL} heard:'
        assert found[-2]["stopReason"] == "max_tokens"
    else:
        post(socket, **asked)
        told = json.loads((await socket.response())[1])
        call = told["output"]["message"]["content"][0]["toolUse"]
        assert (call["input"], told["stopReason"]) == ({}, "max_tokens")


@pytest.mark.parametrize(
    ("key", "status", "kind"),
    [("ABSK-good", 200, b""), ("ABSK-bad", 403, b"AccessDeniedException"), ("AKIA1:s", 403, b"AccessDeniedException")],
)
async def test_an_api_key_of_bedrocks_is_shown_as_it_is(
    socket: Wire, rock: Vendor, key: str, status: int, kind: bytes
) -> None:
    rock.access = Access(keys=frozenset({"ABSK-good", "AKIA1:s"}))
    post(socket, authorization=f"Bearer {key}")
    head = await socket.headers()
    assert int(head.split()[1]) == status
    assert (b"x-amzn-errortype: " + kind in head) is (status != 200)
    assert rock.calls[-1].key_suffix == key[-4:]


async def test_who_shows_nothing_is_told_so(socket: Wire) -> None:
    post(socket, authorization="")
    head = await socket.headers()
    assert head.startswith(b"HTTP/1.1 403 ")
    assert b"x-amzn-errortype: MissingAuthenticationTokenException\r\n" in head


@pytest.mark.parametrize("path", ["/model/a/b/converse", "/model/a/invoke", "/models"])
async def test_another_path_is_no_operation(socket: Wire, path: str) -> None:
    post(socket, path=path)
    head = await socket.headers()
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"x-amzn-errortype: UnknownOperationException\r\n" in head
