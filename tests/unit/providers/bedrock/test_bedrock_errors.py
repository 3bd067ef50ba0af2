"""Why Bedrock refuses a call."""

import json

import pytest

from resilience.errors import Reason
from services.providers.adapters.bedrock.dialect import BedrockDialect
from services.providers.adapters.bedrock.errors import BY_STATUS, PHRASES, STATUSES, TYPES, reason_of
from services.providers.domain.failure import MEANINGS
from tests.unit.providers.bedrock.service_model import operation

CORAL = ":http://internal.amazon.com/coral/com.amazon.bedrock/"


def body(message: str = "No.", **fields: str) -> bytes:
    return json.dumps({"message": message, **fields}).encode()


@pytest.mark.parametrize(
    ("status", "header", "said", "reason"),
    [
        (403, "AccessDeniedException", body(), Reason.VENDOR_AUTHENTICATION),
        (403, "UnrecognizedClientException", body("The security token is invalid."), Reason.VENDOR_AUTHENTICATION),
        (403, "ExpiredTokenException", body(), Reason.VENDOR_AUTHENTICATION),
        (403, "InvalidSignatureException", body(), Reason.VENDOR_AUTHENTICATION),
        (400, "IncompleteSignature", body(), Reason.VENDOR_AUTHENTICATION),
        (404, "ResourceNotFoundException", body(), Reason.VENDOR_MODEL_NOT_FOUND),
        (408, "ModelTimeoutException", body(), Reason.VENDOR_TIMEOUT),
        (424, "ModelErrorException", body(), Reason.VENDOR_ERROR),
        (424, "ModelErrorException", body("prompt is too long: 2 > 1"), Reason.CONTEXT_LENGTH_EXCEEDED),
        (429, "ThrottlingException", body("Too many tokens, please wait."), Reason.VENDOR_RATE_LIMITED),
        (429, "ThrottlingException", body("Too many tokens per day, please wait."), Reason.VENDOR_QUOTA_EXHAUSTED),
        # The model is not there yet, which is no fault of the credential's.
        (429, "ModelNotReadyException", body(), Reason.VENDOR_OVERLOADED),
        (400, "ServiceQuotaExceededException", body(), Reason.VENDOR_QUOTA_EXHAUSTED),
        (500, "InternalServerException", body(), Reason.VENDOR_ERROR),
        (503, "ServiceUnavailableException", body(), Reason.VENDOR_OVERLOADED),
        (400, "ValidationException", body(), Reason.VENDOR_REJECTED),
        (400, "ValidationException", body("Input is too long for requested model."), Reason.CONTEXT_LENGTH_EXCEEDED),
        (400, "ValidationException", body("input length and `max_tokens` exceed context limit: 2"), None),
        (400, "ValidationException", body("Input Tokens Exceeded: Number of input tokens"), None),
        (400, "ValidationException", body("The provided model identifier is invalid."), Reason.VENDOR_MODEL_NOT_FOUND),
        (
            400,
            "ValidationException",
            body("with on-demand throughput isn\u2019t supported."),
            Reason.VENDOR_MODEL_NOT_FOUND,
        ),
        (403, "AccessDeniedException", body("You don't have access to the model"), Reason.VENDOR_MODEL_NOT_FOUND),
    ],
)
def test_an_error_has_its_reason_whether_a_header_or_the_body_tells_its_type(
    status: int, header: str, said: bytes, reason: Reason | None
) -> None:
    reason = reason or Reason.CONTEXT_LENGTH_EXCEEDED
    dialect = BedrockDialect(max_event=1, now=lambda: None)  # type: ignore[arg-type, return-value]  # never asked
    headers = {"x-amzn-errortype": header + CORAL}
    assert dialect.reason(status, said, lambda name: headers.get(name, "")) is reason
    in_body = json.dumps({**json.loads(said), "__type": f"com.amazon.coral.service#{header}"}).encode()
    assert dialect.reason(status, in_body, lambda _: "") is reason


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (400, body("Input is too long for requested model."), Reason.CONTEXT_LENGTH_EXCEEDED),
        (400, b'{"Message":"prompt is too long"}', Reason.CONTEXT_LENGTH_EXCEEDED),
        (403, b"<html>", Reason.VENDOR_AUTHENTICATION),
        (403, b'{"Message":"User is not authorized"}', Reason.VENDOR_AUTHENTICATION),
        (429, b"", Reason.VENDOR_RATE_LIMITED),
        (418, b'{"message":5}', Reason.VENDOR_REJECTED),
        (502, b"\xff", Reason.VENDOR_ERROR),
        (302, b"[]", Reason.VENDOR_ERROR),
    ],
)
def test_an_error_without_a_type_has_the_reason_of_its_status(status: int, said: bytes, reason: Reason) -> None:
    assert reason_of(status, said) is reason


@pytest.mark.parametrize("stream", [False, True])
def test_every_exception_of_the_service_model_is_known_and_its_status_agrees(stream: bool) -> None:
    shapes = list(operation(stream=stream).error_shapes)
    if stream:
        members = operation(stream=True).output_shape.members["stream"].members.values()
        shapes += [shape for shape in members if shape.metadata.get("exception")]
    for shape in shapes:
        assert shape.name in TYPES
        if shape.name != "ModelNotReadyException":
            status = shape.metadata["error"]["httpStatusCode"]
            assert STATUSES.get(status, Reason.VENDOR_ERROR) is TYPES[shape.name]


def test_every_reason_of_the_tables_can_be_told() -> None:
    reasons = {*TYPES.values(), *STATUSES.values(), *(reason for told in PHRASES.values() for reason in told.values())}
    assert reasons <= set(MEANINGS)
    assert set(PHRASES) | set(BY_STATUS.values()) <= set(TYPES)
