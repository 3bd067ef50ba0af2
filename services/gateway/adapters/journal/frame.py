"""One record as the journal's files hold it: magic, length and checksum around a msgpack entry."""

import struct
import zlib

import msgspec

from events.cloudevents import Record

MAGIC = b"SWJ1"
_HEADER = struct.Struct("<4sII")
"""Magic, bytes of payload, CRC-32 of the payload."""

MAX_FRAME_BYTES = 900_000
"""What Kafka takes as one message by default (1 MiB), less room for its own headers."""


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """A record and when it was appended, in seconds since 1970."""

    at: float
    topic: str
    key: bytes
    value: bytes
    headers: dict[str, str]

    @property
    def record(self) -> Record:
        """The record, as it was appended."""
        return Record(self.topic, self.key, self.value, self.headers)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def encode(record: Record, at: float) -> bytes:
    """The frame of `record`, appended at `at`."""
    payload = _encoder.encode(Entry(at, record.topic, record.key, record.value, record.headers))
    return _HEADER.pack(MAGIC, len(payload), zlib.crc32(payload)) + payload


def end_of(data: bytes, start: int) -> int | None:
    """Where the frame that begins at `start` ends; None where no whole and sound frame begins there."""
    if start + _HEADER.size > len(data):
        return None
    magic, length, checksum = _HEADER.unpack_from(data, start)
    end: int = start + _HEADER.size + length
    if magic != MAGIC or end - start > MAX_FRAME_BYTES or end > len(data):
        return None
    return end if zlib.crc32(memoryview(data)[start + _HEADER.size : end]) == checksum else None


def decode(data: bytes, start: int, end: int) -> Entry:
    """The entry of the sound frame from `start` to `end`."""
    return _decoder.decode(memoryview(data)[start + _HEADER.size : end])


def is_torn(data: bytes, start: int) -> bool:
    """Whether what follows `start` is the beginning of a frame whose end was never written."""
    tail = len(data) - start
    if tail < _HEADER.size:
        return data.startswith(MAGIC[:tail], start)
    magic, length, _ = _HEADER.unpack_from(data, start)
    return bool(magic == MAGIC and _HEADER.size + length <= MAX_FRAME_BYTES and _HEADER.size + length > tail)
