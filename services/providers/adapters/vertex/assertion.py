"""What a service account asks Google for a token with: an assertion, signed with its key by google-auth.

Source: developers.google.com/identity/protocols/oauth2/service-account (HTTP/REST: creating a JWT, making the access
token request).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from google.auth import jwt
from google.auth.crypt import RSASigner

from services.providers.adapters.oauth.endpoint import ask
from services.providers.application.ports import Token, VendorHttp

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
SECONDS = 3600
"""That an assertion is good for; the most that Google takes."""

_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"


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


def signer_of(private_key: str, key_id: str) -> RSASigner:
    """What signs with a key in PEM. Raises ValueError or TypeError where it is none."""
    signer: RSASigner = RSASigner.from_string(private_key, key_id or None)  # type: ignore[no-untyped-call]  # half typed
    return signer
