"""What faults are in streams of server-sent events, whatever the events say."""

from __future__ import annotations

from abc import ABC, abstractmethod

from simulator.delivery import Headers
from simulator.faults import Complaint

COMMENT = b": keep-alive\n\n"


class SSEDialect(ABC):
    """See `simulator.delivery.Dialect`; its errors are told by their bodies alone."""

    filter_status = 400
    stream_type = b"text/event-stream; charset=utf-8"

    def error_headers(self, status: int, error: Complaint) -> Headers:  # noqa: ARG002 - no header tells an error
        """Return none."""
        return []

    def comments(self, count: int) -> bytes:
        """Return lines that no reader heeds."""
        return COMMENT * count

    def widened(self, piece: bytes, more: bytes) -> bytes:
        """Return a piece, plain or of a stream, with `more` at the start of its text."""
        before, behind = self.open_text(piece)
        return before + more + behind

    @abstractmethod
    def open_text(self, piece: bytes) -> tuple[bytes, bytes]:
        """Return a piece's bytes up to the start of its text, and from there on."""
