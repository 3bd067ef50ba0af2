"""How the chunks of a stream are put one after the other: as events (`alt=sse`), or as the items of one JSON array."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence


class Framing(ABC):
    """Frames chunks, which are JSON."""

    content_type: bytes
    has_comments: bool
    done: bytes
    """What ends a stream."""

    @abstractmethod
    def first(self, chunks: Sequence[bytes]) -> bytes:
        """Return chunks that begin a stream."""

    @abstractmethod
    def among(self, chunk: bytes) -> bytes:
        """Return a chunk that others were before."""

    @abstractmethod
    def intruder(self, error: bytes) -> bytes:
        """Return an error that breaks into a stream, and ends it."""

    @abstractmethod
    def error(self, error: bytes) -> bytes:
        """Return an error in place of a stream."""


class _Events(Framing):
    content_type = b"text/event-stream"
    has_comments = True
    done = b""

    def first(self, chunks: Sequence[bytes]) -> bytes:
        return b"".join(map(self.among, chunks))

    def among(self, chunk: bytes) -> bytes:
        return b"data: %b\r\n\r\n" % chunk

    def intruder(self, error: bytes) -> bytes:
        return error

    def error(self, error: bytes) -> bytes:
        return error


class _Array(Framing):
    content_type = b"application/json; charset=UTF-8"
    has_comments = False
    done = b"\n]\n"

    def first(self, chunks: Sequence[bytes]) -> bytes:
        return b"[" + b"\n,\r\n".join(chunks)

    def among(self, chunk: bytes) -> bytes:
        return b"\n,\r\n" + chunk

    def intruder(self, error: bytes) -> bytes:
        return self.among(error) + b"]\n"

    def error(self, error: bytes) -> bytes:
        return b"[%b]\n" % error


EVENTS, ARRAY = _Events(), _Array()
