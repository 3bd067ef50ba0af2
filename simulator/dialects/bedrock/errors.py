"""Bedrock's errors, and what its format makes of faults.

Exceptions and their statuses: botocore `data/bedrock-runtime/2023-09-30/service-2.json`. The type of an error is in a
header, its body is the message alone: aws-samples/amazon-bedrock-client-for-mac issue 99. Messages as users report
them, as in strands-agents/sdk-python and langchain-ai/langchain-aws issues.
"""

from __future__ import annotations

import msgspec

from simulator.delivery import Headers
from simulator.dialects.bedrock import frames
from simulator.dialects.rejected import RejectedError
from simulator.faults import Complaint, ContentFilter, ContextLength, RefusesPrefill

VALIDATION = "ValidationException"
# Exception and message of what the vendor says for a status.
_ERRORS: dict[int, tuple[str, str]] = {
    400: (VALIDATION, "The request could not be understood."),
    401: ("UnrecognizedClientException", "The security token included in the request is invalid."),
    403: (
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/simulated is not authorized to perform: bedrock:InvokeModel",
    ),
    404: ("ResourceNotFoundException", "The resource could not be found."),
    408: ("ModelTimeoutException", "The model took too long to answer. Try your request again."),
    413: ("RequestEntityTooLargeException", "The request is too large."),
    424: ("ModelErrorException", "The model encountered an error while processing the request. Try again."),
    429: ("ThrottlingException", "Too many requests, please wait before trying again."),
    503: ("ServiceUnavailableException", "Bedrock is unable to process your request."),
}
_CALLER_ERROR = (VALIDATION, "Error")
_SERVER_ERROR = (
    "InternalServerException",
    "The system encountered an unexpected error during processing. Try your request again.",
)
_REFUSALS: dict[type[Complaint], str] = {
    ContextLength: "Input is too long for requested model.",
    ContentFilter: "The model returned the following errors: Output blocked by content filtering policy",
    RefusesPrefill: (
        "The model returned the following errors: This model does not support assistant message prefill. The "
        "conversation must end with a user message."
    ),
}
_SERVER_STATUS = 500
_UNAVAILABLE = 503
_TEXTS = (b'"text":"', b'"input":"')
_INPUT = b'"input":{'
_STREAMED = b":event-type"


class BedrockDialect:
    """Renders faults in Bedrock's format; a `type` is the name of an exception."""

    filter_status = 400
    stream_type = frames.STREAM_TYPE

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Render an error's message; what the fault leaves out is what Bedrock says for the status."""
        return _body(error.message or _REFUSALS.get(type(error), _usual(status)[1]))

    def error_headers(self, status: int, error: Complaint) -> Headers:
        """Tell the exception."""
        return [(b"x-amzn-errortype", _kind(status, error).encode())]

    def rejection(self, rejected: RejectedError) -> bytes:
        """Render what is wrong with a request."""
        return _body(rejected.message)

    def retry_after(self, seconds: float) -> Headers:
        """Tell whole seconds."""
        return [(b"retry-after", b"%d" % -(-seconds // 1))]

    def error_event(self, error: Complaint) -> bytes:
        """Render an exception in a stream: the service is not available, unless the fault says something else."""
        kind = _kind(_UNAVAILABLE, error)
        return frames.exception((kind[:1].lower() + kind[1:]).encode(), self.error_body(_UNAVAILABLE, error))

    def comments(self, count: int) -> bytes:
        """Return events of a name that no reader knows: the format has no comments."""
        return frames.event(b"keepAlive", b"{}") * count

    def malformed(self, *, stream: bool) -> bytes:
        """Render JSON that breaks off in a string."""
        if stream:
            return frames.event(b"contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"te')
        return b'{"metrics":{"latencyMs":1},"output":{"message":{"content":[{"te'

    def wrong_types(self, *, stream: bool) -> bytes:
        """Render JSON in which everything is something else."""
        if stream:
            return frames.event(b"contentBlockDelta", b'{"contentBlockIndex":"zero","delta":[7]}')
        return b'{"metrics":7,"output":["message"],"stopReason":null,"usage":[1,2,3]}'

    def widened(self, piece: bytes, more: bytes) -> bytes:
        """Put `more` before the text of the last delta, in its own frame, or before that of the first block."""
        if _STREAMED not in piece:
            return _with(piece, more)
        *others, (headers, payload) = frames.split(piece)
        return b"".join(frames.frame(*other) for other in others) + frames.frame(headers, _with(payload, more))


def refusal(message: str) -> RejectedError:
    """The request is wrong."""
    return RejectedError(400, message, code=VALIDATION)


def _with(payload: bytes, more: bytes) -> bytes:
    """Put `more` into the text, or, of a whole call, into the first text of what it is given."""
    at = min((payload.find(mark) + len(mark) for mark in _TEXTS if mark in payload), default=-1)
    if at < 0:
        called = max(payload.find(_INPUT), 0)
        at = payload.find(b'":"', called + len(_INPUT)) + len(b'":"')
    return payload[:at] + more + payload[at:]


def _usual(status: int) -> tuple[str, str]:
    return _ERRORS.get(status, _SERVER_ERROR if status >= _SERVER_STATUS else _CALLER_ERROR)


def _kind(status: int, error: Complaint) -> str:
    return error.type or error.code or _usual(status)[0]


def _body(message: str) -> bytes:
    return msgspec.json.encode({"message": message})
