"""Why OpenAI, and what is compatible with it, refuses a call: the documented errors as data.

Sources: platform.openai.com/docs/guides/error-codes; learn.microsoft.com/azure/ai-foundry/openai/reference and
.../concepts/content-filter (`innererror`), langchain-ai/langmem issue 13 and microsoft/semantic-kernel issue 10020
(Azure's OperationNotSupported and PermissionDenied); docs.vllm.ai and github.com/ggml-org/llama.cpp `tools/server`
(context length); openrouter.ai/docs/errors (moderation); api-docs.deepseek.com and docs.bigmodel.cn (finish reasons).
"""

import msgspec

from resilience.errors import Reason
from services.providers.adapters.openai import wire
from services.providers.adapters.vendor_body import read_error, reason_by_status

CODES: dict[str, Reason] = {
    # OpenAI: `code` of the error object.
    "context_length_exceeded": Reason.CONTEXT_LENGTH_EXCEEDED,
    "content_filter": Reason.CONTENT_FILTERED,
    "content_policy_violation": Reason.CONTENT_FILTERED,
    "insufficient_quota": Reason.VENDOR_QUOTA_EXHAUSTED,
    "billing_hard_limit_reached": Reason.VENDOR_QUOTA_EXHAUSTED,
    "billing_not_active": Reason.VENDOR_QUOTA_EXHAUSTED,
    "rate_limit_exceeded": Reason.VENDOR_RATE_LIMITED,
    "invalid_api_key": Reason.VENDOR_AUTHENTICATION,
    "account_deactivated": Reason.VENDOR_AUTHENTICATION,
    "model_not_found": Reason.VENDOR_MODEL_NOT_FOUND,
    "invalid_model": Reason.VENDOR_MODEL_NOT_FOUND,  # Mistral's type
    # Azure's.
    "DeploymentNotFound": Reason.VENDOR_MODEL_NOT_FOUND,
    "OperationNotSupported": Reason.UNSUPPORTED_BY_TARGET,
    "ResponsibleAIPolicyViolation": Reason.CONTENT_FILTERED,
    "PermissionDenied": Reason.VENDOR_AUTHENTICATION,
    # `type` of the error object, where there is no code; llama.cpp's first.
    "exceed_context_size_error": Reason.CONTEXT_LENGTH_EXCEEDED,
    "authentication_error": Reason.VENDOR_AUTHENTICATION,
    "permission_error": Reason.VENDOR_AUTHENTICATION,
    "rate_limit_error": Reason.VENDOR_RATE_LIMITED,
    "overloaded_error": Reason.VENDOR_OVERLOADED,
    "engine_overloaded_error": Reason.VENDOR_OVERLOADED,
    "service_unavailable_error": Reason.VENDOR_OVERLOADED,
    "timeout_error": Reason.VENDOR_TIMEOUT,
    "server_error": Reason.VENDOR_ERROR,
    "not_found_error": Reason.VENDOR_MODEL_NOT_FOUND,
    "invalid_request_error": Reason.VENDOR_REJECTED,
}
"""By the code of the error within the error, which Azure has, else by the error's own, else by its type."""

STATUSES: dict[int, Reason] = {
    401: Reason.VENDOR_AUTHENTICATION,
    402: Reason.VENDOR_QUOTA_EXHAUSTED,
    403: Reason.VENDOR_AUTHENTICATION,
    404: Reason.VENDOR_MODEL_NOT_FOUND,
    408: Reason.VENDOR_TIMEOUT,
    413: Reason.VENDOR_REJECTED,
    429: Reason.VENDOR_RATE_LIMITED,
    503: Reason.VENDOR_OVERLOADED,
    504: Reason.VENDOR_TIMEOUT,
    529: Reason.VENDOR_OVERLOADED,
}
"""By HTTP status; other 4xx are rejections, everything else is the vendor's error."""

BROKEN_OFF: dict[str, Reason] = {
    "error": Reason.VENDOR_ERROR,  # OpenRouter, vLLM
    "abort": Reason.VENDOR_STREAM_CUT,  # vLLM, SGLang
    "insufficient_system_resource": Reason.VENDOR_OVERLOADED,  # DeepSeek
    "network_error": Reason.VENDOR_ERROR,  # Zhipu
}
"""Finish reasons of an answer that is not finished: it broke off, whatever the vendor's status says."""

TELLING_CODES = frozenset(
    {
        Reason.CONTEXT_LENGTH_EXCEEDED,
        Reason.CONTENT_FILTERED,
        Reason.VENDOR_QUOTA_EXHAUSTED,
        Reason.VENDOR_MODEL_NOT_FOUND,
        Reason.UNSUPPORTED_BY_TARGET,
    }
)
"""What a 4xx body says more exactly than its status."""

CONTEXT_PHRASES = ("maximum context length", "exceeds the available context size")
"""vLLM and llama.cpp tell a prompt that is too long by a sentence alone."""


def reason_of(status: int, body: bytes) -> Reason:
    """Why a call failed that was answered with `body`; `status` below 400 where the error came in an answer."""
    error = _error(body)
    by_body = _by_code(error)
    if by_body is not None and (status < _BAD_REQUEST or (status < _SERVER_ERROR and by_body in TELLING_CODES)):
        return by_body
    if status == _FORBIDDEN and isinstance(error.metadata, dict) and "flagged_input" in error.metadata:
        # The prompt is refused and not the credential, which would have to rest for it.
        return Reason.CONTENT_FILTERED
    return reason_by_status(status, STATUSES)


def said_without_choices(body: bytes) -> Reason | None:
    """Why a `body` that came with a success has no answer, where it is an error that is not within an `error`.

    vLLM tells so what goes wrong in the middle of a stream.
    """
    error = _error(body)
    if error.code is None and error.message is None:
        return None
    return _by_code(error) or Reason.VENDOR_ERROR


def _by_code(error: wire.ErrorObject) -> Reason | None:
    """What the error says of itself."""
    if isinstance(error.message, str) and any(phrase in error.message for phrase in CONTEXT_PHRASES):
        return Reason.CONTEXT_LENGTH_EXCEEDED
    inner = error.innererror.get("code") if isinstance(error.innererror, dict) else None
    for said in (inner, error.code, error.type):
        if isinstance(said, str) and said in CODES:
            return CODES[said]
    # vLLM puts the HTTP status where OpenAI has a word.
    if isinstance(error.code, int) and error.code >= _BAD_REQUEST:
        return reason_of(error.code, b"")
    return None


def _error(body: bytes) -> wire.ErrorObject:
    """The error object, wherever the vendor has it; an empty one where the body is something else."""
    said = read_error(wire.error_body, body)
    if said is None:
        return wire.ErrorObject()
    if isinstance(said.error, dict):
        return msgspec.convert(said.error, wire.ErrorObject)
    message = said.error if isinstance(said.error, str) else said.message
    return wire.ErrorObject(said.code, said.type, message)


_BAD_REQUEST = 400
_FORBIDDEN = 403
_SERVER_ERROR = 500
