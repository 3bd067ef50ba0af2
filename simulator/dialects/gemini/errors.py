"""Google's errors, and what its formats of streams make of faults.

Codes by status: googleapis/googleapis `google/rpc/code.proto`; details: `google/rpc/error_details.proto`. Words:
ai.google.dev/gemini-api/docs/troubleshooting, and the errors that users report in googleapis/python-genai and
google-gemini/gemini-cli.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from simulator.delivery import Headers
from simulator.dialects.gemini.framing import Framing
from simulator.dialects.gemini.surface import Surface
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.dialects.sse import SSEDialect
from simulator.faults import Complaint, ContextLength, ErrorStatus, RefusesPrefill

JSONObject = dict[str, object]
UNAUTHENTICATED = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_DEMAND = (
    "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later."
)
# Code and message of what the vendor says for a status.
_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: (
        "UNAUTHENTICATED",
        UNAUTHENTICATED,
    ),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: ("NOT_FOUND", "Requested entity was not found."),
    408: ("DEADLINE_EXCEEDED", "The request timed out."),
    409: ("ABORTED", "The operation was aborted."),
    429: (
        "RESOURCE_EXHAUSTED",
        (
            "You exceeded your current quota, please check your plan and billing details. For more information on this "
            "error, head to: https://ai.google.dev/gemini-api/docs/rate-limits."
        ),
    ),
    499: ("CANCELLED", "The operation was cancelled."),
    500: (
        "INTERNAL",
        (
            "An internal error has occurred. Please retry or report in "
            "https://developers.generativeai.google/guide/troubleshooting"
        ),
    ),
    501: ("UNIMPLEMENTED", "Operation is not implemented, or supported, or enabled."),
    503: ("UNAVAILABLE", _DEMAND),
    504: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    529: ("UNAVAILABLE", _DEMAND),
}
_BY_CODE = {code: status for status, (code, _) in reversed(list(_ERRORS.items()))}
_CALLER_ERROR = ("FAILED_PRECONDITION", "The request cannot be answered.")
_EXHAUSTED = (
    "Resource exhausted. Please try again later. Please refer to "
    "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."
)
_REFUSALS: Mapping[type[Complaint], str] = {
    ContextLength: "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
    RefusesPrefill: "Please ensure that multiturn requests end with a user role or a function response.",
}
_SERVER_STATUS = 500
_TYPE = "type.googleapis.com/google.rpc."
_TEXT = re.compile(rb'"text": ?"')
_ARGUMENT = re.compile(rb'": ?"')


class GeminiDialect(SSEDialect):
    """Renders faults in Google's formats. An error's `type` is its code's name, its `code` an ErrorInfo's reason."""

    def __init__(self, surface: Surface, framing: Framing) -> None:
        self._surface = surface
        self._framing = framing
        self.stream_type = framing.content_type

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Render an error; what the fault leaves out is what Google says for the status."""
        return self._framing.error(pretty(self._error(status, error)))

    def rejection(self, rejected: RejectedError) -> bytes:
        """Render what is wrong with a request."""
        details: list[JSONObject] = []
        if rejected.param is not None:
            details.append(_violation(rejected.param, rejected.message))
        if rejected.code is not None:
            details.append(self._info(rejected.code))
        return self._framing.error(
            pretty(_status(rejected.status, _usual(rejected.status)[0], rejected.message, details))
        )

    def retry_after(self, seconds: float) -> Headers:  # noqa: ARG002 - the body tells it
        """Tell nothing: a RetryInfo is in the body."""
        return []

    def error_event(self, error: Complaint) -> bytes:
        """Render an error as it breaks into a stream: JSON by itself, on several lines.

        That it is no event is what `_RawJsonLineBuffer` in googleapis/python-genai `_api_client.py` is for.
        """
        return self._framing.intruder(pretty(self._error(_BY_CODE.get(error.type or "", 503), error)))

    def comments(self, count: int) -> bytes:
        """Return lines that no reader heeds."""
        return super().comments(count) if self._framing.has_comments else b"\n" * count

    def malformed(self, *, stream: bool) -> bytes:
        """Render JSON that breaks off in a string."""
        broken = b'{"candidates":[{"content":{"parts":[{"te'
        return self._framing.among(broken) if stream else broken

    def wrong_types(self, *, stream: bool) -> bytes:
        """Render JSON in which everything is something else."""
        wrong = b'{"candidates":"none","embeddings":"none","usageMetadata":[1,2,3],"modelVersion":7,"responseId":null}'
        return self._framing.among(wrong) if stream else wrong

    def open_text(self, piece: bytes) -> tuple[bytes, bytes]:
        """Divide a piece before its text: the last one in it, or the first in a function's arguments.

        Vectors have no text, so the first name in their body has to serve.
        """
        found = [each.end() for each in _TEXT.finditer(piece)]
        called = piece.find(b'"args"')
        if not found and called >= 0 and (argument := _ARGUMENT.search(piece, called + len(b'"args"'))):
            found = [argument.end()]
        at = found[-1] if found else piece.find(b'"') + 1
        return piece[:at], piece[at:]

    def _error(self, status: int, fault: Complaint) -> JSONObject:
        usual, message = _usual(status)
        code = fault.type or usual
        status = _BY_CODE.get(code, status) if fault.type is not None else status
        details: list[JSONObject] = []
        if fault.param is not None:
            details.append(_violation(fault.param, fault.message or message))
        if fault.code is not None:
            details.append(self._info(fault.code))
        if code == "RESOURCE_EXHAUSTED" and self._surface.is_vertex:
            message = _EXHAUSTED
        elif code == "RESOURCE_EXHAUSTED":
            details.append(self._quota())
        if isinstance(fault, ErrorStatus) and fault.retry_after is not None:
            details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{fault.retry_after:.9g}s"})
        return _status(status, code, fault.message or _REFUSALS.get(type(fault), message), details)

    def _info(self, reason: str) -> JSONObject:
        service = {"service": self._surface.service}
        return {"@type": f"{_TYPE}ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": service}

    def _quota(self) -> JSONObject:
        violation = {
            "quotaMetric": f"{self._surface.service}/generate_content_paid_tier_requests",
            "quotaId": "GenerateRequestsPerMinutePerProjectPerModel",
            "quotaDimensions": {"location": "global"},
            "quotaValue": "1000",
        }
        return {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}


def wrong(field: str, said: str) -> RejectedError:
    """A field of the request is wrong; it is named as protobuf has it."""
    return bad_request(f"* GenerateContentRequest.{field}: {said}\n", field)


def pretty(said: object) -> bytes:
    """Return JSON as Google lays it out where it is not streamed as events."""
    return msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n"


def _usual(status: int) -> tuple[str, str]:
    return _ERRORS.get(status, _ERRORS[_SERVER_STATUS] if status >= _SERVER_STATUS else _CALLER_ERROR)


def _status(status: int, code: str, message: str, details: list[JSONObject]) -> JSONObject:
    error: JSONObject = {"code": status, "message": message, "status": code}
    return {"error": error | ({"details": details} if details else {})}


def _violation(field: str, said: str) -> JSONObject:
    return {"@type": f"{_TYPE}BadRequest", "fieldViolations": [{"field": field, "description": said}]}
