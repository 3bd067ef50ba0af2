"""Why OpenAI and those compatible with it refuse a call."""

import json

import pytest

from resilience.errors import Reason
from services.providers.adapters.openai.errors import CODES, STATUSES, reason_of
from services.providers.domain.failure import MEANINGS


def body(**error: object) -> bytes:
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (400, body(message="bad"), Reason.VENDOR_REJECTED),
        (400, body(code="context_length_exceeded"), Reason.CONTEXT_LENGTH_EXCEEDED),
        (400, body(code="content_filter"), Reason.CONTENT_FILTERED),
        (
            400,
            body(code=400, message="This model's maximum context length is 4096 tokens."),
            Reason.CONTEXT_LENGTH_EXCEEDED,
        ),
        (400, body(code=400, type="exceed_context_size_error"), Reason.CONTEXT_LENGTH_EXCEEDED),
        (400, b'{"object":"error","message":"maximum context length is 1","code":400}', Reason.CONTEXT_LENGTH_EXCEEDED),
        (400, body(code="model_not_found"), Reason.VENDOR_MODEL_NOT_FOUND),
        (401, body(code="invalid_api_key"), Reason.VENDOR_AUTHENTICATION),
        (401, b"<html>", Reason.VENDOR_AUTHENTICATION),
        (402, b"", Reason.VENDOR_QUOTA_EXHAUSTED),
        (403, body(code="unsupported_country_region_territory"), Reason.VENDOR_AUTHENTICATION),
        (404, body(code="model_not_found"), Reason.VENDOR_MODEL_NOT_FOUND),
        (404, body(message="model 'x' not found", type="api_error"), Reason.VENDOR_MODEL_NOT_FOUND),
        (408, b"", Reason.VENDOR_TIMEOUT),
        (409, b"", Reason.VENDOR_REJECTED),
        (413, b"", Reason.VENDOR_REJECTED),
        (422, body(message="no"), Reason.VENDOR_REJECTED),
        (429, body(type="tokens", code="rate_limit_exceeded"), Reason.VENDOR_RATE_LIMITED),
        (429, body(type="insufficient_quota", code="insufficient_quota"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (429, body(type="insufficient_quota"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (429, b"", Reason.VENDOR_RATE_LIMITED),
        (500, body(type="server_error"), Reason.VENDOR_ERROR),
        (500, body(code="invalid_api_key"), Reason.VENDOR_ERROR),
        (502, b"<html>", Reason.VENDOR_ERROR),
        (503, body(type="server_error"), Reason.VENDOR_OVERLOADED),
        (504, b"", Reason.VENDOR_TIMEOUT),
        (529, b"", Reason.VENDOR_OVERLOADED),
        (302, b"", Reason.VENDOR_ERROR),
        # An error in an answer whose status was 200.
        (200, body(type="server_error"), Reason.VENDOR_ERROR),
        (200, body(code="rate_limit_exceeded"), Reason.VENDOR_RATE_LIMITED),
        (200, body(type="overloaded_error"), Reason.VENDOR_OVERLOADED),
        (200, body(code=429), Reason.VENDOR_RATE_LIMITED),
        (200, body(type="invalid_request_error"), Reason.VENDOR_REJECTED),
        (200, b'{"error":"it broke"}', Reason.VENDOR_ERROR),
        (200, body(code="never heard of"), Reason.VENDOR_ERROR),
        (200, b'{"error":{"code":{"a":[]},"type":5,"message":[]}}', Reason.VENDOR_ERROR),
    ],
)
def test_an_error_has_its_reason(status: int, said: bytes, reason: Reason) -> None:
    assert reason_of(status, said) is reason


def test_every_reason_of_the_tables_can_be_told() -> None:
    assert set(CODES.values()) | set(STATUSES.values()) <= set(MEANINGS)
