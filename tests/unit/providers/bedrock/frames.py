"""Writes AWS's event-stream frames (smithy.io/2.0/aws/amazon-eventstream.html), for tests that read them."""

import json
import struct
from typing import Any
from zlib import crc32

_STRING = 7


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One message, both checksums included."""
    head = b"".join(
        bytes([len(name)]) + name.encode() + bytes([_STRING]) + struct.pack("!H", len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    begun = prelude + struct.pack("!I", crc32(prelude)) + head + payload
    return begun + struct.pack("!I", crc32(begun))


def event(name: str, **payload: Any) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps({**payload, "p": "abcdefgh"}, ensure_ascii=False).encode())


def exception(name: str, message: str = "No.", **payload: Any) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps({"message": message, **payload}).encode())


def error(code: str, message: str) -> bytes:
    return frame({":message-type": "error", ":error-code": code, ":error-message": message}, b"")


def delta(index: int, **added: Any) -> bytes:
    return event("contentBlockDelta", delta=added, contentBlockIndex=index)


def start(index: int, **begun: Any) -> bytes:
    return event("contentBlockStart", start=begun, contentBlockIndex=index)


def stop(index: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=index)


BEGIN = event("messageStart", role="assistant")
USAGE = {
    "inputTokens": 5,
    "outputTokens": 7,
    "totalTokens": 42,
    "cacheReadInputTokens": 10,
    "cacheWriteInputTokens": 20,
}
END = event("metadata", usage=USAGE, metrics={"latencyMs": 3})


def finish(reason: str = "end_turn", **fields: Any) -> bytes:
    return event("messageStop", stopReason=reason, **fields)


TALK = [
    BEGIN,
    delta(0, reasoningContent={"text": "Hm"}),
    delta(0, reasoningContent={"signature": "c2ln"}),
    stop(0),
    delta(1, text="grüß "),
    delta(1, text="dich 🌊"),
    stop(1),
    start(2, toolUse={"toolUseId": "tooluse_1", "name": "look"}),
    delta(2, toolUse={"input": '{"a":'}),
    delta(2, toolUse={"input": "1}"}),
    stop(2),
    start(3, toolUse={"toolUseId": "tooluse_2", "name": "rest"}),
    stop(3),
    finish("tool_use"),
    END,
]
"""An answer that thinks, talks and calls two tools."""
STREAM = b"".join(TALK)
