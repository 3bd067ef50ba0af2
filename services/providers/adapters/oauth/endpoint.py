"""Asks a token endpoint for an access token, and why it gives none: RFC 6749, sections 4.4, 5.1 and 5.2.

Sources beside it: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and
reference-error-codes (Entra ID); developers.google.com/identity/protocols/oauth2/service-account (Google);
googleapis/google-auth-library-python `google/oauth2/_client.py` (`_can_retry`) and `google/auth/transport/__init__.py`
(statuses that pass).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from resilience.errors import Reason
from services.providers.adapters.vendor_body import OK, UNREADABLE
from services.providers.application.ports import Headers, Token, VendorHttp, VendorResponse
from services.providers.domain.failure import VendorFailure

MAX_BYTES = 64 * 1024
"""Of an answer."""
USUAL_SECONDS = 300.0
"""For how long a token is taken to serve of which that is not told."""
LONGEST_SECONDS = 24 * 60 * 60.0

PASSING: dict[str, Reason] = {
    "temporarily_unavailable": Reason.VENDOR_UNREACHABLE,
    "server_error": Reason.VENDOR_UNREACHABLE,
    "internal_failure": Reason.VENDOR_UNREACHABLE,  # Google
    "slow_down": Reason.VENDOR_RATE_LIMITED,
}
"""By the `error` of a body: what says nothing of the credential. All others do, such as `invalid_client` (the secret is
wrong, or its time is over), `invalid_grant` (the service account, or its key, is gone) and `unauthorized_client`."""

STATUSES: dict[int, Reason] = {408: Reason.VENDOR_UNREACHABLE, 429: Reason.VENDOR_RATE_LIMITED}
"""By HTTP status, where the body does not tell; other 4xx refuse the credential, and with everything else whoever gives
tokens might as well not be there."""

_CLIENT_ERRORS = range(400, 500)

_HEADERS: Headers = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
_word = re.compile(r"[a-z_]{1,64}").fullmatch
_value = re.compile(r"[!-~]{1,32768}").fullmatch


class _Given(msgspec.Struct, gc=False):
    """Section 5.1. `expires_in` is a number; some write it as a text."""

    access_token: str = ""
    expires_in: float | None = None


class _Refused(msgspec.Struct, gc=False):
    """Section 5.2. `error_codes`: Entra's own numbers, which its documentation lists with AADSTS before them."""

    error: Any = None
    error_codes: list[int] | None = None


_given = msgspec.json.Decoder(_Given, strict=False)
_refused = msgspec.json.Decoder(_Refused)


async def ask(http: VendorHttp, url: str, form: Mapping[str, str]) -> Token:
    """A token, for what `form` says. Raises VendorFailure, see Grant."""
    host = urlsplit(url).hostname or ""
    try:
        response = await http.post(url, _HEADERS, urlencode(form).encode())
        try:
            return await _token(response)
        finally:
            await response.abandon()
    except VendorFailure as failure:
        lost = failure.reason is Reason.VENDOR_CONNECTION_LOST
        raise VendorFailure(
            Reason.VENDOR_UNREACHABLE if lost else failure.reason,
            why=f"{host} gave no token: {failure.message}",
            status=failure.status,
            retry_after=failure.retry_after,
            retryable=failure.retryable,
        ) from None


async def _token(response: VendorResponse) -> Token:
    if response.status != OK:
        raise _failure(response.status, await response.read_some(MAX_BYTES), response.retry_after())
    try:
        given = _given.decode(await response.read(MAX_BYTES))
    except UNREADABLE:
        given = _Given()
    if not _value(given.access_token):
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="its answer has none.", status=OK)
    seconds = USUAL_SECONDS if given.expires_in is None else given.expires_in
    return Token(given.access_token, min(max(seconds, 0.0), LONGEST_SECONDS))


def _failure(status: int, body: bytes, retry_after: float | None) -> VendorFailure:
    """What is told of it are words and numbers of a fixed form: a description may repeat the credential."""
    try:
        said = _refused.decode(body)
    except UNREADABLE:
        said = _Refused()
    word = said.error if isinstance(said.error, str) and _word(said.error) else ""
    by_status = Reason.VENDOR_AUTHENTICATION if status in _CLIENT_ERRORS else Reason.VENDOR_UNREACHABLE
    reason = PASSING.get(word) or STATUSES.get(status, by_status)
    told = [str(status), *filter(None, [word]), *(f"AADSTS{code}" for code in said.error_codes or ())]
    return VendorFailure(reason, why=f"it answered {' '.join(told)}.", status=status, retry_after=retry_after)
