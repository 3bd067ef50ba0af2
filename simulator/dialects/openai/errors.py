"""OpenAI's errors, and what its format makes of faults."""

from __future__ import annotations

import msgspec

from simulator.delivery import Headers
from simulator.dialects.rejected import RejectedError
from simulator.dialects.sse import SSEDialect
from simulator.faults import Complaint, ContentFilter, ContextLength, RefusesPrefill

# Type, code and message of what the vendor says for a status; the others are server errors.
_ERRORS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request could not be understood."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    402: ("insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
    403: ("invalid_request_error", "unsupported_country_region_territory", "This request is not allowed."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again later."),
    503: ("server_error", "overloaded", "The engine is currently overloaded, please try again later."),
}
_SERVER_ERROR = ("server_error", None, "The server had an error while processing your request. Sorry about that!")
# Message, param and code of a refusal that faults perform, where the fault leaves them out.
_REFUSALS: dict[type[Complaint], tuple[str, str, str | None]] = {
    ContextLength: (
        "This model's maximum context length is exceeded. Please reduce the length of the messages.",
        "messages",
        "context_length_exceeded",
    ),
    ContentFilter: (
        (
            "The response was filtered due to the prompt triggering the content management policy. "
            "Please modify your prompt and retry."
        ),
        "prompt",
        "content_filter",
    ),
    RefusesPrefill: (
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        "messages",
        None,
    ),
}
_TEXTS = (b'"content":"', b'"arguments":"', b'"text":"', b'{"object":"list')


class OpenAIDialect(SSEDialect):
    """Renders faults in OpenAI's format."""

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Render an error; what the fault leaves out is what OpenAI says for the status."""
        return _vendor_error(status, error)

    def rejection(self, rejected: RejectedError) -> bytes:
        """Render what is wrong with a request."""
        return _error(rejected.message, "invalid_request_error", rejected.param, rejected.code)

    def retry_after(self, seconds: float) -> Headers:
        """Tell whole seconds, and finer waits in a header of OpenAI's own beside it."""
        headers = [(b"retry-after", b"%d" % -(-seconds // 1))]
        if seconds % 1:
            headers.append((b"retry-after-ms", b"%d" % (seconds * 1000)))
        return headers

    def error_event(self, error: Complaint) -> bytes:
        """Render an error event, as it is seen in the middle of streams."""
        return _event(_vendor_error(500, error))

    def malformed(self, *, stream: bool) -> bytes:
        """Render JSON that breaks off in a string."""
        broken = b'{"id":"chatcmpl-broken","object":"chat.completion","choices":[{"index":0,"mess'
        return _event(broken) if stream else broken

    def wrong_types(self, *, stream: bool) -> bytes:
        """Render JSON in which everything is something else."""
        wrong = b'{"id":7,"object":["chat"],"model":null,"choices":"none","data":"none","usage":[1,2,3]}'
        return _event(wrong) if stream else wrong

    def open_text(self, piece: bytes) -> tuple[bytes, bytes]:
        """Divide a piece before its text: that of the last chunk in it, or a function's arguments.

        Vectors have no text, so what their body says of itself has to serve.
        """
        at = max(piece.rfind(mark) + len(mark) for mark in _TEXTS)
        return piece[:at], piece[at:]


def _event(data: bytes) -> bytes:
    return b"data: %b\n\n" % data


def _vendor_error(status: int, fault: Complaint) -> bytes:
    kind, code, message = _ERRORS.get(status, _SERVER_ERROR)
    param = None
    if refusal := _REFUSALS.get(type(fault)):
        message, param, code = refusal
    return _error(fault.message or message, fault.type or kind, fault.param or param, fault.code or code)


def _error(message: str, kind: str, param: str | None, code: str | None) -> bytes:
    return msgspec.json.encode({"error": {"message": message, "type": kind, "param": param, "code": code}})
