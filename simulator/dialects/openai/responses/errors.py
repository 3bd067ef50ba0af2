"""What the events of OpenAI's responses make of faults; its errors are those of the other endpoints."""

from __future__ import annotations

import msgspec

from simulator.delivery import Rendered
from simulator.dialects.openai.errors import OpenAIDialect
from simulator.dialects.openai.responses.render import Heading
from simulator.faults import Complaint, ErrorEvent

_NUMBERED = b'"sequence_number":'
_TEXTS = (b'"delta":"', b'"text":"', b'"arguments":"')
_ERROR = ("server_error", "An error occurred while processing your request.")


class ResponsesDialect(OpenAIDialect):
    """Renders faults among the events of one response, or in it."""

    def __init__(self, heading: Heading, rendered: Rendered) -> None:
        self._heading = heading
        self._rendered = rendered

    def error_event(self, error: Complaint) -> bytes:
        """Render an error, and the failure of the response that it brings about."""
        sent = error.after_chunks if isinstance(error, ErrorEvent) else 0
        number = sum(piece.count(_NUMBERED) for piece in self._rendered.pieces[:sent])
        code, message = error.code or _ERROR[0], error.message or _ERROR[1]
        said = {"code": code, "message": message, "param": error.param}
        failed = self._heading.response("failed", error={"code": code, "message": message})
        return event("error", sequence_number=number, **said) + event(
            "response.failed", sequence_number=number + 1, response=failed
        )

    def malformed(self, *, stream: bool) -> bytes:
        """Render JSON that breaks off in a string."""
        if stream:
            return _framed("response.output_text.delta", b'{"type":"response.output_text.delta","item_id":"msg')
        return b'{"id":"resp_broken","object":"response","status":"completed","output":[{"type":"mess'

    def wrong_types(self, *, stream: bool) -> bytes:
        """Render JSON in which everything is something else."""
        if stream:
            wrong = b'{"type":["delta"],"sequence_number":"one","delta":7,"response":"none","output_index":null}'
            return _framed("response.output_text.delta", wrong)
        return b'{"id":7,"object":["response"],"status":3,"model":null,"output":"none","usage":[1,2,3]}'

    def open_text(self, piece: bytes) -> tuple[bytes, bytes]:
        """Divide a piece before its text: that of the last delta in it, or of the last item."""
        at = max(piece.rfind(mark) + len(mark) if mark in piece else -1 for mark in _TEXTS)
        return piece[:at], piece[at:]


def event(kind: str, **fields: object) -> bytes:
    """Render an event of a stream."""
    return _framed(kind, msgspec.json.encode({"type": kind, **fields}))


def _framed(kind: str, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
