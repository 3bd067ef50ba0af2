"""Why Bedrock refuses a call or breaks off a stream: what is documented, as data.

Sources: botocore `data/bedrock-runtime/2023-09-30/service-2.json` (exceptions, their statuses, which of them a stream
tells); docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html and
docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html (errors of all operations); aws-samples/
amazon-bedrock-client-for-mac issue 99 (an answer with its headers: the type is in one of them alone). Sentences: of
prompts that are too long, strands-agents/sdk-python `src/strands/models/bedrock.py`; of a quota by the day,
minorun365/agent-book issue 29; of models, anthropics/claude-code issue 1466, earendil-works/pi issue 4993 and
aws-samples/generative-ai-to-build-a-devsecops-chatbot issue 3.
"""

from resilience.errors import Reason
from services.providers.adapters.bedrock import wire
from services.providers.adapters.vendor_body import read_error, reason_by_status
from services.providers.domain.reply import CONTENT_FILTER, LENGTH, STOP, TOOL_CALLS

TYPES: dict[str, Reason] = {
    "AccessDeniedException": Reason.VENDOR_AUTHENTICATION,
    "ExpiredTokenException": Reason.VENDOR_AUTHENTICATION,
    "FTUFormNotFilled": Reason.VENDOR_MODEL_NOT_FOUND,
    "IncompleteSignature": Reason.VENDOR_AUTHENTICATION,
    "IncompleteSignatureException": Reason.VENDOR_AUTHENTICATION,
    "InternalFailure": Reason.VENDOR_ERROR,
    "InternalServerException": Reason.VENDOR_ERROR,
    "InvalidClientTokenId": Reason.VENDOR_AUTHENTICATION,
    "InvalidSignatureException": Reason.VENDOR_AUTHENTICATION,
    "MissingAuthenticationTokenException": Reason.VENDOR_AUTHENTICATION,
    "ModelErrorException": Reason.VENDOR_ERROR,
    "ModelNotReadyException": Reason.VENDOR_OVERLOADED,  # a 429 too, but of the model and not of the account
    "ModelStreamErrorException": Reason.VENDOR_ERROR,
    "ModelTimeoutException": Reason.VENDOR_TIMEOUT,
    "NotAuthorized": Reason.VENDOR_AUTHENTICATION,
    "OptInRequired": Reason.VENDOR_AUTHENTICATION,
    "RequestExpired": Reason.VENDOR_AUTHENTICATION,
    "ResourceNotFoundException": Reason.VENDOR_MODEL_NOT_FOUND,
    "ServiceQuotaExceededException": Reason.VENDOR_QUOTA_EXHAUSTED,  # a 400
    "ServiceUnavailable": Reason.VENDOR_OVERLOADED,
    "ServiceUnavailableException": Reason.VENDOR_OVERLOADED,
    "ThrottlingException": Reason.VENDOR_RATE_LIMITED,
    "TooManyRequestsException": Reason.VENDOR_RATE_LIMITED,
    "UnrecognizedClientException": Reason.VENDOR_AUTHENTICATION,
    "ValidationError": Reason.VENDOR_REJECTED,
    "ValidationException": Reason.VENDOR_REJECTED,
}
"""By the type, which is in the header `x-amzn-errortype`, in the body's `__type`, or in an event of a stream."""

STATUSES: dict[int, Reason] = {
    400: Reason.VENDOR_REJECTED,
    401: Reason.VENDOR_AUTHENTICATION,
    403: Reason.VENDOR_AUTHENTICATION,
    404: Reason.VENDOR_MODEL_NOT_FOUND,
    408: Reason.VENDOR_TIMEOUT,
    424: Reason.VENDOR_ERROR,
    429: Reason.VENDOR_RATE_LIMITED,
    503: Reason.VENDOR_OVERLOADED,
    504: Reason.VENDOR_TIMEOUT,
}
"""By HTTP status, where no type is told; other 4xx are rejections, everything else is the vendor's error."""

_TOO_LONG: dict[str, Reason] = {
    "Input is too long": Reason.CONTEXT_LENGTH_EXCEEDED,
    "prompt is too long": Reason.CONTEXT_LENGTH_EXCEEDED,
    "exceed context limit": Reason.CONTEXT_LENGTH_EXCEEDED,
    "maximum context length": Reason.CONTEXT_LENGTH_EXCEEDED,
    "Input Tokens Exceeded": Reason.CONTEXT_LENGTH_EXCEEDED,
    "too many total text bytes": Reason.CONTEXT_LENGTH_EXCEEDED,
}
PHRASES: dict[str, dict[str, Reason]] = {
    "ValidationException": {
        **_TOO_LONG,
        "model identifier is invalid": Reason.VENDOR_MODEL_NOT_FOUND,
        "on-demand throughput isn": Reason.VENDOR_MODEL_NOT_FOUND,
        "content filtering policy": Reason.CONTENT_FILTERED,
    },
    "ModelErrorException": _TOO_LONG,
    "ModelStreamErrorException": _TOO_LONG,
    # The account has not asked for this model; the credential is good for others, and need not rest.
    "AccessDeniedException": {
        "access to the model": Reason.VENDOR_MODEL_NOT_FOUND,
        "INVALID_PAYMENT_INSTRUMENT": Reason.VENDOR_QUOTA_EXHAUSTED,
    },
    "ThrottlingException": {"per day": Reason.VENDOR_QUOTA_EXHAUSTED},
}
"""By what only a sentence tells, for each type."""

BY_STATUS = {400: "ValidationException", 403: "AccessDeniedException", 429: "ThrottlingException"}
"""Whose sentences an error without a type is read for."""

FINISHES: dict[str, str] = {
    "end_turn": STOP,
    "stop_sequence": STOP,
    "max_tokens": LENGTH,
    "model_context_window_exceeded": LENGTH,
    "tool_use": TOOL_CALLS,
    "guardrail_intervened": CONTENT_FILTER,
    "content_filtered": CONTENT_FILTER,
}
"""Stop reasons in our words; one that is not known is taken for `stop`, and told as it is."""

BROKEN_OFF = frozenset({"malformed_model_output", "malformed_tool_use"})
"""Stop reasons of an answer that the vendor could not read itself."""


def reason_of(status: int, body: bytes, told: str = "") -> Reason:
    """Why a call failed that was answered with `body`. `told`: the type as a header or an event has it."""
    said = _error(body)
    kind = _kind(told) or _kind(said.type or "") or BY_STATUS.get(status, "")
    for phrase, reason in PHRASES.get(kind, {}).items():
        if phrase in (said.message or ""):
            return reason
    if kind in TYPES:
        return TYPES[kind]
    return reason_by_status(status, STATUSES)


def _kind(told: str) -> str:
    """The name of an exception; headers have an address after it, bodies a namespace before it, events a small letter.

    Source: botocore/parsers.py, `RestJSONParser._inject_error_code`.
    """
    name = told.partition(":")[0].rpartition("#")[2].strip()
    return name[:1].upper() + name[1:]


def _error(body: bytes) -> wire.ErrorBody:
    """What a body says; nothing where it is something else."""
    said = read_error(wire.error_body, body) or wire.ErrorBody()
    if said.message is None and (capital := read_error(wire.capital_error_body, body)) is not None:
        said.message = capital.message
    return said
