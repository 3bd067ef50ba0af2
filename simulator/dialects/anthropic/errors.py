"""Anthropic's errors, and what its format makes of faults.

Types by status: https://platform.claude.com/docs/en/api/errors, and the SDK's `types/shared/error_type.py` for 402 and
504.
"""

from __future__ import annotations

import msgspec

from simulator.delivery import Headers
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.dialects.sse import SSEDialect
from simulator.faults import Complaint, ContentFilter, ContextLength, RefusesPrefill

# Type and message of what the vendor says for a status.
_ERRORS: dict[int, tuple[str, str]] = {
    400: ("invalid_request_error", "The request could not be understood."),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "The requested resource could not be found."),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your organization's rate limit. Please try again later."),
    504: ("timeout_error", "The request timed out while processing."),
    529: ("overloaded_error", "Overloaded"),
}
_CALLER_ERROR = ("invalid_request_error", "Error")
_SERVER_ERROR = ("api_error", "Internal server error")
_REFUSALS: dict[type[Complaint], str] = {
    ContextLength: "prompt is too long: 200001 tokens > 200000 maximum",
    ContentFilter: "Output blocked by content filtering policy",
    RefusesPrefill: (
        "This model does not support assistant message prefill. The conversation must end with a user message."
    ),
}
_SERVER_STATUS = 500
_OVERLOADED = 529
_TEXTS = (b'"text":"', b'"partial_json":"', b'"thinking":"')


class AnthropicDialect(SSEDialect):
    """Renders faults of one request in Anthropic's format. An error has no `param`; a `code` is in its details."""

    def __init__(self, request_id: bytes) -> None:
        self._request_id = request_id.decode()

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Render an error; what the fault leaves out is what Anthropic says for the status."""
        return msgspec.json.encode(_error(status, error) | {"request_id": self._request_id})

    def rejection(self, rejected: RejectedError) -> bytes:
        """Render what is wrong with a request."""
        error = {"type": _usual(rejected.status)[0], "message": rejected.message}
        return msgspec.json.encode({"type": "error", "error": error, "request_id": self._request_id})

    def retry_after(self, seconds: float) -> Headers:
        """Tell whole seconds."""
        return [(b"retry-after", b"%d" % -(-seconds // 1))]

    def error_event(self, error: Complaint) -> bytes:
        """Render an error event: the vendor is overloaded, unless the fault says something else."""
        return event(b"error", msgspec.json.encode(_error(_OVERLOADED, error)))

    def malformed(self, *, stream: bool) -> bytes:
        """Render JSON that breaks off in a string."""
        if stream:
            return event(b"content_block_delta", b'{"type":"content_block_delta","index":0,"delta":{"type":"text_del')
        return b'{"id":"msg_broken","type":"message","role":"assistant","content":[{"type":"te'

    def wrong_types(self, *, stream: bool) -> bytes:
        """Render JSON in which everything is something else."""
        if stream:
            return event(b"content_block_delta", b'{"type":"content_block_delta","index":"zero","delta":[7]}')
        return b'{"id":7,"type":["message"],"role":null,"model":null,"content":"none","usage":[1,2,3]}'

    def open_text(self, piece: bytes) -> tuple[bytes, bytes]:
        """Divide a piece before its text: that of the last delta or block in it, or the first of a tool's input."""
        at = max(piece.rfind(mark) + len(mark) if mark in piece else -1 for mark in _TEXTS)
        if at < 0:
            called = max(piece.find(b'"input":{'), 0)
            inside = piece.find(b'":"', called)
            at = (inside if inside >= 0 else piece.find(b'":"')) + len(b'":"')
        return piece[:at], piece[at:]


def required(field: str) -> RejectedError:
    """The request lacks a field."""
    return bad_request(f"{field}: Field required")


def event(name: bytes, data: bytes) -> bytes:
    """Render an event of a stream."""
    return b"event: %b\ndata: %b\n\n" % (name, data)


def _usual(status: int) -> tuple[str, str]:
    return _ERRORS.get(status, _SERVER_ERROR if status >= _SERVER_STATUS else _CALLER_ERROR)


def _error(status: int, fault: Complaint) -> dict[str, object]:
    kind, message = _usual(status)
    error: dict[str, object] = {
        "type": fault.type or kind,
        "message": fault.message or _REFUSALS.get(type(fault), message),
    }
    if fault.code is not None:
        error["details"] = {"error_code": fault.code}
    return {"type": "error", "error": error}
