"""Cohere's errors, and what its format makes of faults.

Messages: docs.cohere.com/v2/reference/errors. Events: docs.cohere.com/v2/docs/streaming, and the SDK's
`types/chat_message_end_event_delta.py` for one that tells an error.
"""

from __future__ import annotations

import msgspec

from simulator.delivery import Headers
from simulator.dialects.rejected import RejectedError
from simulator.dialects.sse import SSEDialect
from simulator.faults import Complaint, ContentFilter, ContextLength, RefusesPrefill

NO_PREFILL = "invalid request: the last message must be from the user or a tool"
# What the vendor says for a status.
_ERRORS: dict[int, str] = {
    400: "invalid request: the request could not be understood",
    401: "invalid api token",
    402: "Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue",
    403: "this API token does not have access to the resource",
    404: "the resource could not be found",
    422: "unprocessable entity",
    429: "You are past the per minute request limit, please wait and try again later.",
    498: "blocked output: please modify your prompt and try again",
    499: "request cancelled by user",
    501: "this feature is not implemented",
    503: "the service is overloaded, please try again later",
    504: "the request timed out",
}
_CALLER_ERROR, _SERVER_ERROR = "invalid request", "internal server error, this has been reported to our developers."
_SERVER_STATUS = 500
_REFUSALS: dict[type[Complaint], str] = {
    ContextLength: "too many tokens: total number of tokens in the prompt cannot exceed 128000 - received 128001. Try "
    "using a shorter prompt.",
    ContentFilter: _ERRORS[498],
    RefusesPrefill: NO_PREFILL,
}
_TEXTS = (b'"thinking":"', b'"text":"', b'"arguments":"', b'"tool_plan":"', b'"float":')


class CohereDialect(SSEDialect):
    """Renders faults of one request, whose id is in them. An error has a message alone."""

    filter_status = 498

    def __init__(self, identity: str) -> None:
        self._id = identity

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Render an error; what the fault leaves out is what Cohere says for the status."""
        return self._error(_message(status, error))

    def rejection(self, rejected: RejectedError) -> bytes:
        """Render what is wrong with a request."""
        return self._error(rejected.message)

    def retry_after(self, seconds: float) -> Headers:
        """Tell whole seconds."""
        return [(b"retry-after", b"%d" % -(-seconds // 1))]

    def error_event(self, error: Complaint) -> bytes:
        """Render the end that an error makes of a message."""
        delta = {"error": _message(_SERVER_STATUS, error), "finish_reason": "ERROR"}
        return event(b"message-end", b'"delta":%b' % msgspec.json.encode(delta))

    def malformed(self, *, stream: bool) -> bytes:
        """Render JSON that breaks off in a string."""
        if stream:
            return b'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"mess\n\n'
        return b'{"id":"broken","finish_reason":"COMPLETE","message":{"role":"assist'

    def wrong_types(self, *, stream: bool) -> bytes:
        """Render JSON in which everything is something else."""
        if stream:
            return event(b"content-delta", b'"index":"zero","delta":[7]')
        return b'{"id":7,"finish_reason":["COMPLETE"],"message":[1],"embeddings":"none","usage":[1,2,3]}'

    def open_text(self, piece: bytes) -> tuple[bytes, bytes]:
        """Divide a piece before its text: that of the last delta in it, or the last text of a message."""
        at = max(piece.rfind(mark) + len(mark) if mark in piece else -1 for mark in _TEXTS)
        return piece[:at], piece[at:]

    def _error(self, message: str) -> bytes:
        return msgspec.json.encode({"id": self._id, "message": message})


def event(name: bytes, fields: bytes) -> bytes:
    """Render an event of a stream, whose data has its name and fields."""
    return b'event: %b\ndata: {"type":"%b",%b}\n\n' % (name, name, fields)


def _message(status: int, error: Complaint) -> str:
    usual = _ERRORS.get(status, _SERVER_ERROR if status >= _SERVER_STATUS else _CALLER_ERROR)
    return error.message or _REFUSALS.get(type(error), usual)
