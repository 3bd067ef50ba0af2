"""Tokens of Google for a service account: an assertion, signed with its key, shown to the token endpoint.

The assertion is signed by google-auth; the endpoint is asked by ourselves, for google-auth's transports are blocking
and would go around the provider's own proxy, authorities and guard.

Source: developers.google.com/identity/protocols/oauth2/service-account (HTTP/REST: creating a JWT, making the access
token request); googleapis/google-auth-library-python `google/oauth2/service_account.py` (fields of the document).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from google.auth import jwt
from google.auth.crypt import RSASigner

from services.providers.adapters.oauth.documents import read_document, read_url, unusable
from services.providers.adapters.oauth.endpoint import ask
from services.providers.application.ports import Grant, Token, VendorHttp

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SECONDS = 3600
"""That an assertion is good for; the most that Google takes."""

_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_WHAT = "the key of a service account"


class _Key(msgspec.Struct, gc=False, tag_field="type", tag="service_account"):
    """A key as Google Cloud hands it out."""

    client_email: str
    private_key: str
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


_decoder = msgspec.json.Decoder(_Key)


@dataclass(frozen=True, slots=True)
class Assertion:
    """See Grant. `now`: the time in UTC, which is signed."""

    url: str
    email: str
    signer: RSASigner = field(repr=False)
    now: Callable[[], datetime]

    async def __call__(self, http: VendorHttp) -> Token:
        """See Grant."""
        made = int(self.now().timestamp())
        claims = {"iss": self.email, "scope": SCOPE, "aud": self.url, "iat": made, "exp": made + SECONDS}
        signed: bytes = jwt.encode(self.signer, claims)  # type: ignore[no-untyped-call]  # google-auth is half typed
        return await ask(http, self.url, {"grant_type": _GRANT_TYPE, "assertion": signed.decode()})


def grant(secret: str, *, now: Callable[[], datetime]) -> Grant | None:
    """See Vendor. `secret`: an API key, or the JSON of a service account's key."""
    said = read_document(_decoder, secret, what=_WHAT)
    if said is None:
        return None
    try:
        key, key_id = said.private_key, said.private_key_id or None
        signer = RSASigner.from_string(key, key_id)  # type: ignore[no-untyped-call]  # google-auth is half typed
    except (ValueError, TypeError):
        raise unusable(_WHAT) from None
    return Assertion(read_url(said.token_uri, what=_WHAT), said.client_email, signer, now)
