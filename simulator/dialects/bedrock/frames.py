"""AWS's binary frames of a stream, written: https://smithy.io/2.0/aws/amazon-eventstream.html."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from zlib import crc32

STREAM_TYPE = b"application/vnd.amazon.eventstream"
_STRING = 7
_LENGTHS = struct.Struct("!II")
_CRC = struct.Struct("!I")
_PRELUDE = _LENGTHS.size + _CRC.size
_JSON = ((b":content-type", b"application/json"),)


def event(name: bytes, payload: bytes) -> bytes:
    """Return the frame of an event, whose payload is JSON."""
    return frame(_headers((b":event-type", name), *_JSON, (b":message-type", b"event")), payload)


def exception(name: bytes, payload: bytes) -> bytes:
    """Return the frame of an exception, which ends the stream; its payload is JSON."""
    return frame(_headers((b":exception-type", name), *_JSON, (b":message-type", b"exception")), payload)


def split(frames: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return the headers, encoded as they are, and the payload of each frame."""
    while frames:
        total, headers = _LENGTHS.unpack_from(frames)
        yield frames[_PRELUDE : _PRELUDE + headers], frames[_PRELUDE + headers : total - _CRC.size]
        frames = frames[total:]


def frame(headers: bytes, payload: bytes) -> bytes:
    """Return one frame, both its checksums included; the headers are encoded already."""
    lengths = _LENGTHS.pack(_PRELUDE + len(headers) + len(payload) + _CRC.size, len(headers))
    checked = lengths + _CRC.pack(crc32(lengths)) + headers + payload
    return checked + _CRC.pack(crc32(checked))


def _headers(*headers: tuple[bytes, bytes]) -> bytes:
    return b"".join(
        b"%c%b%c%b%b" % (len(name), name, _STRING, len(value).to_bytes(2, "big"), value) for name, value in headers
    )
