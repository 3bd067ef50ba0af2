"""Why Gemini refuses a call."""

import pytest

from resilience.errors import Reason
from services.providers.adapters.gemini.dialect import GeminiDialect
from services.providers.adapters.gemini.errors import BROKEN_OFF, CODES, FINISHES, INFOS, PHRASES, STATUSES, reason_of
from services.providers.domain.failure import MEANINGS
from tests.unit.providers.gemini.documented import error, info, quota


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (400, error(400, "INVALID_ARGUMENT", "Invalid JSON payload received."), Reason.VENDOR_REJECTED),
        (400, info("API_KEY_INVALID"), Reason.VENDOR_AUTHENTICATION),
        (400, error(400, "INVALID_ARGUMENT", "API key not valid. Pass a valid one."), Reason.VENDOR_AUTHENTICATION),
        (
            400,
            error(
                400,
                "INVALID_ARGUMENT",
                "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).",
            ),
            Reason.CONTEXT_LENGTH_EXCEEDED,
        ),
        (
            400,
            error(400, "INVALID_ARGUMENT", "The input token count is 40000 but model only supports up to 32768."),
            Reason.CONTEXT_LENGTH_EXCEEDED,
        ),
        (
            400,
            error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
            Reason.VENDOR_AUTHENTICATION,
        ),
        (400, error(400, "FAILED_PRECONDITION", "The file is not in an ACTIVE state."), Reason.VENDOR_REJECTED),
        (401, error(401, "UNAUTHENTICATED", "Invalid authentication credentials."), Reason.VENDOR_AUTHENTICATION),
        (403, error(403, "PERMISSION_DENIED", "Permission denied."), Reason.VENDOR_AUTHENTICATION),
        (403, info("CONSUMER_SUSPENDED", 403, "PERMISSION_DENIED"), Reason.VENDOR_AUTHENTICATION),
        (403, info("BILLING_DISABLED", 403, "PERMISSION_DENIED"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (
            403,
            error(403, "PERMISSION_DENIED", "You do not have permission to access the File x or it may not exist."),
            Reason.VENDOR_REJECTED,
        ),
        (404, error(404, "NOT_FOUND", "models/x is not found for API version v1beta."), Reason.VENDOR_MODEL_NOT_FOUND),
        (404, error(404, "NOT_FOUND", "File x not found."), Reason.VENDOR_REJECTED),
        (404, b"", Reason.VENDOR_MODEL_NOT_FOUND),
        (429, error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted."), Reason.VENDOR_RATE_LIMITED),
        (429, quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "36s"), Reason.VENDOR_RATE_LIMITED),
        (429, quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "36s"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (429, quota("GenerateContentInputTokensPerModelPerMinute", value="0"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (
            429,
            error(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
            Reason.VENDOR_QUOTA_EXHAUSTED,
        ),
        (429, b"<html>", Reason.VENDOR_RATE_LIMITED),
        (499, error(499, "CANCELLED", "The operation was cancelled."), Reason.VENDOR_ERROR),
        (500, error(500, "INTERNAL", "An internal error has occurred."), Reason.VENDOR_ERROR),
        (500, error(500, "UNKNOWN"), Reason.VENDOR_ERROR),
        (501, error(501, "UNIMPLEMENTED"), Reason.VENDOR_REJECTED),
        (502, b"<html>", Reason.VENDOR_ERROR),
        (503, error(503, "UNAVAILABLE", "The model is overloaded."), Reason.VENDOR_OVERLOADED),
        (503, b"", Reason.VENDOR_OVERLOADED),
        (504, error(504, "DEADLINE_EXCEEDED"), Reason.VENDOR_TIMEOUT),
        (413, b"", Reason.VENDOR_REJECTED),
        (302, b"", Reason.VENDOR_ERROR),
        # Where a stream was asked for without `alt=sse`.
        (429, b"[" + quota("GenerateRequestsPerDay") + b"]", Reason.VENDOR_QUOTA_EXHAUSTED),
        # An error in an answer whose status was 200.
        (200, error(503, "UNAVAILABLE"), Reason.VENDOR_OVERLOADED),
        (200, b'{"error":{"code":429}}', Reason.VENDOR_RATE_LIMITED),
        (200, b'{"code":503,"status":"UNAVAILABLE"}', Reason.VENDOR_OVERLOADED),
        (200, b'{"error":"it broke"}', Reason.VENDOR_ERROR),
        # Details of kinds and shapes that nobody has seen take nothing away.
        (429, error(429, "RESOURCE_EXHAUSTED", "", {"violations": 5, "reason": []}), Reason.VENDOR_RATE_LIMITED),
    ],
)
def test_an_error_has_its_reason(status: int, said: bytes, reason: Reason) -> None:
    assert reason_of(status, said) is reason


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_google_has_its_reason(code: str) -> None:
    assert reason_of(400, error(400, code)) is CODES[code]


@pytest.mark.parametrize("reason", INFOS)
def test_what_an_error_info_says_comes_first(reason: str) -> None:
    assert reason_of(500, info(reason)) is INFOS[reason]


def test_every_reason_of_the_tables_can_be_told() -> None:
    by_phrase = {reason for phrases in PHRASES.values() for reason in phrases.values()}
    told = {*CODES.values(), *STATUSES.values(), *INFOS.values(), *BROKEN_OFF.values(), *by_phrase}
    assert told <= set(MEANINGS)
    assert not FINISHES.keys() & BROKEN_OFF.keys()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (quota("x", "36s"), 36.0),
        (quota("x", "34.074824224s"), 34.074824224),
        (quota("x", "0s"), 0.0),
        (quota("x", "3600s"), 60.0),
        (quota("x", "-1s"), None),
        (quota("x", "1.2.3s"), None),
        (quota("x", "soon"), None),
        (quota("x", "s"), None),
        (quota("x"), None),
        (b"", None),
    ],
)
def test_the_delay_of_an_error_is_read_and_bounded(said: bytes, seconds: float | None) -> None:
    assert GeminiDialect(max_event=1).retry_after(said) == seconds
