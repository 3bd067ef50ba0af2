"""Azure's errors: those of what stands before OpenAI's models, and what its policy on content says of a prompt.

Source: learn.microsoft.com, Azure OpenAI `concepts/content-filter` and `reference`; openai-python issue 362 (404).
"""

from __future__ import annotations

import msgspec

from simulator.delivery import Headers
from simulator.dialects.openai.errors import OpenAIDialect
from simulator.dialects.rejected import RejectedError
from simulator.faults import Complaint, ContentFilter, ErrorStatus

DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
NO_DEPLOYMENT = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
    "please wait a moment and try again."
)
NOT_FOUND = "Resource not found"
_LIMITED = (
    "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call rate limit of your "
    "current OpenAI S0 pricing tier. Please retry later."
)
# Code and message of what Azure says itself for a status; of the others OpenAI's models speak.
_ERRORS: dict[int, tuple[str, str]] = {
    401: ("401", DENIED),
    403: ("AccessDenied", "Access denied due to Virtual Network/Firewall rules."),
    404: ("DeploymentNotFound", NO_DEPLOYMENT),
    429: ("429", _LIMITED),
    503: ("ServiceUnavailable", "The service is temporarily unable to process your request. Please try again later."),
}
_FILTERED = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify "
    "your prompt and retry. To learn more about our content filtering policies please read our documentation: "
    "https://go.microsoft.com/fwlink/?linkid=2198766"
)
SAFE = {"filtered": False, "severity": "safe"}
CATEGORIES = {"hate": SAFE, "self_harm": SAFE, "sexual": SAFE, "violence": SAFE}
_BLOCKED = {**CATEGORIES, "jailbreak": {"filtered": False, "detected": False}}
_BLOCKED["violence"] = {"filtered": True, "severity": "high"}


class AzureDialect(OpenAIDialect):
    """Renders faults in Azure's format, of which all but some errors is OpenAI's."""

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Render an error; what the fault leaves out is what Azure says for the status."""
        if isinstance(error, ContentFilter):
            return _filtered(error)
        if isinstance(error, ErrorStatus) and status in _ERRORS and error.type is None and error.param is None:
            code, message = _ERRORS[status]
            return plain(error.code or code, error.message or message)
        return super().error_body(status, error)

    def rejection(self, rejected: RejectedError) -> bytes:
        """Render what is wrong with a request: in Azure's words where it does not reach the model."""
        if rejected.status in _ERRORS:
            return plain(rejected.code or str(rejected.status), rejected.message)
        return super().rejection(rejected)

    def retry_after(self, seconds: float) -> Headers:
        """Tell whole seconds, and milliseconds beside them."""
        return [(b"retry-after", b"%d" % -(-seconds // 1)), (b"retry-after-ms", b"%d" % (seconds * 1000))]


def plain(code: str, message: str) -> bytes:
    """Render an error of what stands before the models."""
    return msgspec.json.encode({"error": {"code": code, "message": message}})


def _filtered(fault: ContentFilter) -> bytes:
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": _BLOCKED}
    return msgspec.json.encode(
        {
            "error": {
                "message": fault.message or _FILTERED,
                "type": fault.type,
                "param": fault.param or "prompt",
                "code": fault.code or "content_filter",
                "status": 400,
                "innererror": inner,
            }
        }
    )
