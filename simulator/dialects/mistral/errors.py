"""Mistral's errors, and what its format makes of faults.

Of these Mistral documents the 422's `detail` alone (`models/httpvalidationerror.py` of its client); the others are as
users report them: cline/cline 9085 (code 1300), onyx-dot-app/onyx 6458 (3230), and others (1500, 3051, 3280).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from simulator.delivery import Headers
from simulator.dialects.openai.errors import OpenAIDialect
from simulator.dialects.rejected import RejectedError
from simulator.faults import Complaint, ContentFilter, ContextLength, RefusesPrefill

# Type, code and message of what the vendor says for a status; the others are server errors.
_ERRORS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "Bad request"),
    402: ("payment_required", None, "Payment required"),
    403: ("forbidden", None, "Forbidden"),
    404: ("not_found", None, "Not found"),
    429: ("rate_limited", "1300", "Rate limit exceeded"),
    503: ("unreachable_backend", "1100", "Internal server error"),
}
_SERVER_ERROR = ("internal_server_error", "1000", "Service unavailable.")
# Type, code and message of a refusal that faults perform, where the fault leaves them out.
_REFUSALS: dict[type[Complaint], tuple[str, str | None, str]] = {
    ContextLength: (
        "invalid_request_invalid_args",
        "3051",
        "Prompt contains 131073 tokens and 0 draft tokens, too large for model with 131072 maximum context length",
    ),
    ContentFilter: ("content_filter", None, "The request was blocked by a guardrail."),
    RefusesPrefill: ("invalid_request_message_order", "3230", "Expected last role User or Tool for serving"),
}
_UNAUTHORIZED, _UNPROCESSABLE = 401, 422


class RefusedError(RejectedError):
    """A conversation that makes no sense to Mistral."""

    def __init__(self, message: str, kind: str = "invalid_request_message_order", code: str = "3230") -> None:
        super().__init__(400, message, code=code)
        self.kind = kind


class InvalidError(RejectedError):
    """A body that is not what it must be; `problems` as pydantic tells them."""

    def __init__(self, problems: Sequence[object]) -> None:
        super().__init__(_UNPROCESSABLE, "Unprocessable")
        self.problems = problems


class MistralDialect(OpenAIDialect):
    """Renders faults in Mistral's format, of which all but the errors is OpenAI's."""

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Render an error; what the fault leaves out is what Mistral says for the status."""
        if status == _UNAUTHORIZED and error.message is None:
            return b'{"detail":"Unauthorized"}'
        kind, code, message = _REFUSALS.get(type(error), _ERRORS.get(status, _SERVER_ERROR))
        return _error(error.message or message, error.type or kind, error.param, error.code or code, status)

    def rejection(self, rejected: RejectedError) -> bytes:
        """Render what is wrong with a request."""
        if isinstance(rejected, InvalidError):
            return msgspec.json.encode({"detail": rejected.problems})
        if rejected.status == _UNAUTHORIZED:
            return msgspec.json.encode({"detail": rejected.message})
        kind = rejected.kind if isinstance(rejected, RefusedError) else _ERRORS.get(rejected.status, _SERVER_ERROR)[0]
        return _error(rejected.message, kind, rejected.param, rejected.code, rejected.status)

    def retry_after(self, seconds: float) -> Headers:
        """Tell whole seconds."""
        return [(b"retry-after", b"%d" % -(-seconds // 1))]

    def error_event(self, error: Complaint) -> bytes:
        """Render an error as an event among a stream's."""
        return event(self.error_body(500, error))


def event(data: bytes) -> bytes:
    """Render an event of a stream."""
    return b"data: %b\n\n" % data


def _error(message: str, kind: str, param: str | None, code: str | None, status: int) -> bytes:
    said = {"object": "error", "message": message, "type": kind, "param": param, "code": code}
    return msgspec.json.encode({**said, "raw_status_code": status})
