"""Why Anthropic refuses a call."""

import json
from typing import get_args

import pytest
from anthropic.types.shared import ErrorType

from resilience.errors import Reason
from services.providers.adapters.anthropic.dialect import AnthropicDialect
from services.providers.adapters.anthropic.errors import CODES, PHRASES, STATUSES, TYPES, reason_of
from services.providers.domain.failure import MEANINGS

INVALID = "invalid_request_error"


def body(kind: str, message: str = "it broke", code: str | None = None) -> bytes:
    error: dict[str, object] = {"type": kind, "message": message}
    if code is not None:
        error["details"] = {"error_code": code}
    return json.dumps({"type": "error", "error": error, "request_id": "req_1"}).encode()


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (400, body(INVALID), Reason.VENDOR_REJECTED),
        (400, body(INVALID, "prompt is too long: 203052 tokens > 200000 maximum"), Reason.CONTEXT_LENGTH_EXCEEDED),
        (
            400,
            body(INVALID, "input length and `max_tokens` exceed context limit: 189136 + 20000 > 204648"),
            Reason.CONTEXT_LENGTH_EXCEEDED,
        ),
        (
            400,
            body(INVALID, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing"),
            Reason.VENDOR_QUOTA_EXHAUSTED,
        ),
        (400, body(INVALID, "You have reached your specified API usage limits."), Reason.VENDOR_QUOTA_EXHAUSTED),
        (400, body(INVALID, "x", "enforced_spend_limit_reached"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (400, body(INVALID, "Output blocked by content filtering policy"), Reason.CONTENT_FILTERED),
        (400, body(INVALID, "Prefilling assistant messages is not supported for this model."), Reason.VENDOR_REJECTED),
        (401, body("authentication_error"), Reason.VENDOR_AUTHENTICATION),
        (402, body("billing_error"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (403, body("permission_error"), Reason.VENDOR_AUTHENTICATION),
        (404, body("not_found_error"), Reason.VENDOR_MODEL_NOT_FOUND),
        (409, body("conflict_error"), Reason.VENDOR_REJECTED),
        (413, body("request_too_large"), Reason.VENDOR_REJECTED),
        (413, b"<html>", Reason.VENDOR_REJECTED),
        (422, body(INVALID), Reason.VENDOR_REJECTED),
        (429, body("rate_limit_error"), Reason.VENDOR_RATE_LIMITED),
        (429, body("rate_limit_error", "x", "contract_spend_limit_reached"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (429, b"", Reason.VENDOR_RATE_LIMITED),
        (500, body("api_error"), Reason.VENDOR_ERROR),
        (500, body(INVALID, "prompt is too long"), Reason.VENDOR_ERROR),
        (502, b"<html>", Reason.VENDOR_ERROR),
        (503, b"", Reason.VENDOR_OVERLOADED),
        (504, body("timeout_error"), Reason.VENDOR_TIMEOUT),
        (529, body("overloaded_error"), Reason.VENDOR_OVERLOADED),
        (302, b"", Reason.VENDOR_ERROR),
        # An error in an answer whose status was 200.
        (200, body("overloaded_error"), Reason.VENDOR_OVERLOADED),
        (200, body(INVALID), Reason.VENDOR_REJECTED),
        (200, body(INVALID, "prompt is too long"), Reason.CONTEXT_LENGTH_EXCEEDED),
        (200, b'{"type":"error","error":"it broke"}', Reason.VENDOR_ERROR),
        (200, b'{"type":"error","error":{"type":5,"message":[]}}', Reason.VENDOR_ERROR),
    ],
)
def test_an_error_has_its_reason(status: int, said: bytes, reason: Reason) -> None:
    assert AnthropicDialect(max_event=1).reason(status, said, lambda _: "") is reason
    assert reason_of(status, said) is reason


def test_every_reason_of_the_tables_can_be_told() -> None:
    assert {*CODES.values(), *PHRASES.values(), *STATUSES.values(), *TYPES.values()} <= set(MEANINGS)


def test_every_type_that_the_sdk_knows_of_messages_has_a_reason() -> None:
    of_other_endpoints = {"memory_precondition_failed_error", "memory_path_conflict_error"}
    assert set(get_args(ErrorType)) - of_other_endpoints <= set(TYPES)
