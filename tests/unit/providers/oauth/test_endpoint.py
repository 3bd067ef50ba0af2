"""What a token endpoint's answer means, and what of it is told."""

import json
from typing import Any

import pytest

from resilience.errors import Reason
from services.providers.adapters.oauth.endpoint import LONGEST_SECONDS, USUAL_SECONDS, ask
from services.providers.application.ports import Headers, Token, VendorResponse
from services.providers.domain.failure import VendorFailure

URL = "https://login.example/tenant/token"


class Said:
    """See VendorResponse."""

    def __init__(self, status: int, body: bytes, seconds: float | None = None) -> None:
        self.status = status
        self.abandoned = False
        self._body = body
        self._seconds = seconds

    def header(self, name: str) -> str:
        return ""

    def retry_after(self) -> float | None:
        return self._seconds

    async def read(self, limit: int) -> bytes:
        if len(self._body) > limit:
            raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=self.status)
        return self._body

    async def read_some(self, limit: int) -> bytes:
        return self._body[:limit]

    async def chunk(self) -> bytes | None:
        raise NotImplementedError

    def release(self) -> None:
        raise NotImplementedError

    async def abandon(self) -> None:
        self.abandoned = True


class Http:
    """See VendorHttp: gives one answer, or fails."""

    def __init__(self, said: Said | VendorFailure) -> None:
        self._said = said
        self.posted: list[tuple[str, Headers, bytes]] = []

    async def post(self, url: str, headers: Headers, body: bytes) -> VendorResponse:
        self.posted.append((url, headers, body))
        if isinstance(self._said, VendorFailure):
            raise self._said
        return self._said


async def answered(status: int, said: Any, seconds: float | None = None) -> Token:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    response = Said(status, body, seconds)
    try:
        return await ask(Http(response), URL, {"a": "b"})
    finally:
        assert response.abandoned, "or the connection would be lost"


async def failed(status: int, said: Any, seconds: float | None = None) -> VendorFailure:
    with pytest.raises(VendorFailure) as raised:
        await answered(status, said, seconds)
    return raised.value


async def test_it_is_asked_with_a_form() -> None:
    http = Http(Said(200, b'{"access_token":"t"}'))
    await ask(http, URL, {"scope": "https://x/.default", "client_secret": "a+b&c~ü"})
    ((url, headers, body),) = http.posted
    assert (url, dict(headers)["content-type"]) == (URL, "application/x-www-form-urlencoded")
    assert body == b"scope=https%3A%2F%2Fx%2F.default&client_secret=a%2Bb%26c~%C3%BC"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"expires_in": 3599}, 3599.0),
        ({"expires_in": "3599"}, 3599.0),
        ({"expires_in": 0.5}, 0.5),
        ({"expires_in": -5}, 0.0),
        ({"expires_in": 10**9}, LONGEST_SECONDS),
        ({"expires_in": None}, USUAL_SECONDS),
        ({}, USUAL_SECONDS),
    ],
)
async def test_a_token_serves_as_long_as_is_told(told: dict[str, Any], seconds: float) -> None:
    token = await answered(200, {"access_token": "eyJ.x.y", "token_type": "Bearer", **told})
    assert (token.value, token.seconds) == ("eyJ.x.y", seconds)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>",
        b"\xff",
        b"[]",
        {},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": "two\r\nx-lines: 1"},
        {"access_token": "blank inside"},
        {"access_token": "ünicode"},
        {"access_token": "t", "expires_in": "soon"},
        {"access_token": "t" * 40_000},
    ],
)
async def test_what_can_be_shown_to_no_vendor_is_no_token(said: Any) -> None:
    failure = await failed(200, said)
    assert failure.reason is Reason.VENDOR_MALFORMED
    assert failure.message == "login.example gave no token: its answer has none."


async def test_an_answer_without_end_is_not_read_to_it() -> None:
    assert (await failed(200, b" " * 100_000)).reason is Reason.VENDOR_RESPONSE_TOO_LARGE


AUTHENTICATION, UNREACHABLE = Reason.VENDOR_AUTHENTICATION, Reason.VENDOR_UNREACHABLE


@pytest.mark.parametrize(
    ("status", "said", "reason", "told"),
    [
        # RFC 6749, section 5.2, and learn.microsoft.com/entra/identity-platform/reference-error-codes
        (
            401,
            {"error": "invalid_client", "error_codes": [7000215]},
            AUTHENTICATION,
            "401 invalid_client AADSTS7000215",
        ),
        (
            401,
            {"error": "invalid_client", "error_codes": [7000222]},
            AUTHENTICATION,
            "401 invalid_client AADSTS7000222",
        ),
        (
            400,
            {"error": "unauthorized_client", "error_codes": [700016]},
            AUTHENTICATION,
            "400 unauthorized_client AADSTS700016",
        ),
        (400, {"error": "invalid_request", "error_codes": [90002]}, AUTHENTICATION, "400 invalid_request AADSTS90002"),
        (400, {"error": "invalid_scope"}, AUTHENTICATION, "400 invalid_scope"),
        (400, {"error": "temporarily_unavailable"}, UNREACHABLE, "400 temporarily_unavailable"),
        # developers.google.com/identity/protocols/oauth2/service-account (error codes)
        (
            400,
            {"error": "invalid_grant", "error_description": "Invalid JWT Signature."},
            AUTHENTICATION,
            "400 invalid_grant",
        ),
        (401, {"error": "deleted_client"}, AUTHENTICATION, "401 deleted_client"),
        (403, {"error": "org_internal"}, AUTHENTICATION, "403 org_internal"),
        (400, {"error": "internal_failure"}, UNREACHABLE, "400 internal_failure"),
        (429, {}, Reason.VENDOR_RATE_LIMITED, "429"),
        (408, {}, UNREACHABLE, "408"),
        (500, b"<html>", UNREACHABLE, "500"),
        (503, {"error": "server_error"}, UNREACHABLE, "503 server_error"),
        (302, b"", UNREACHABLE, "302"),
        (404, b"not here", AUTHENTICATION, "404"),
        # Nothing but words of the form that the RFC gives them is repeated.
        (400, {"error": "The secret abc is wrong"}, AUTHENTICATION, "400"),
        (400, {"error": {"code": 7}}, AUTHENTICATION, "400"),
        (400, {"error": "invalid_grant", "error_codes": ["abc"]}, AUTHENTICATION, "400"),
    ],
)
async def test_a_refusal_is_told_by_its_words_and_numbers(status: int, said: Any, reason: Reason, told: str) -> None:
    failure = await failed(status, said, seconds=2.0)
    assert (failure.reason, failure.status, failure.retry_after, failure.body) == (reason, status, 2.0, b"")
    assert failure.message == f"login.example gave no token: it answered {told}."


@pytest.mark.parametrize("lost", [Reason.VENDOR_UNREACHABLE, Reason.VENDOR_CONNECTION_LOST])
async def test_an_endpoint_that_is_lost_is_one_that_cannot_be_reached(lost: Reason) -> None:
    with pytest.raises(VendorFailure, match=r"^login\.example gave no token: ") as raised:
        await ask(Http(VendorFailure(lost)), URL, {})
    assert (raised.value.reason, raised.value.retryable) == (UNREACHABLE, True)


async def test_an_endpoint_that_may_not_be_called_is_not_to_be_tried_again() -> None:
    with pytest.raises(VendorFailure) as raised:
        await ask(Http(VendorFailure(UNREACHABLE, why="It is not called.", retryable=False)), URL, {})
    assert not raised.value.retryable
