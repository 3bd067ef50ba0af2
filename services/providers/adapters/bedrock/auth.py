"""How a request to Bedrock is authenticated: signed with an access key of AWS (SigV4), or shown a Bedrock API key.

A credential is `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, `ACCESS_KEY_ID:SECRET_ACCESS_KEY:SESSION_TOKEN` where it is for a
time only, or a Bedrock API key, in which there is no colon. The region that is signed for is in the host's name, else
the one that the provider is said to be in.

Sources, at docs.aws.amazon.com: IAM/latest/UserGuide/reference_sigv-create-signed-request.html,
IAM/latest/UserGuide/reference_identifiers.html (prefixes of access keys), bedrock/latest/userguide/api-keys-use.html,
general/latest/gr/bedrock.html (endpoints).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from resilience.errors import Reason
from services.providers.application.ports import Headers
from services.providers.domain.failure import VendorFailure

_region = re.compile(r"(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z]{2,}(?:-[a-z0-9]+)+)\.").search
_access_key_id = re.compile(r"[A-Z0-9]{16,128}").fullmatch
_ACCESS_KEYS = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}").fullmatch


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key of AWS, with the names that botocore has for its parts. `token`: empty for one that lasts."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def read_credential(secret: str) -> AccessKey | str:
    """An access key, or an API key as it is. Raises VendorFailure(VENDOR_AUTHENTICATION) where it is neither."""
    access_key, colon, rest = secret.partition(":")
    if not colon:
        if not secret or _ACCESS_KEYS(secret):
            raise _unusable("The credential is an access key without its secret: write ID:SECRET[:SESSION_TOKEN].")
        return secret
    secret_key, colon, token = rest.partition(":")
    if not _access_key_id(access_key) or not secret_key or bool(colon) is not bool(token) or ":" in token:
        raise _unusable("The credential is neither ID:SECRET[:SESSION_TOKEN] of an access key nor a Bedrock API key.")
    return AccessKey(access_key, secret_key, token)


def base_url_of(region: str) -> str:
    """Where Bedrock is in a region; empty where there is none."""
    return f"https://bedrock-runtime.{region}.amazonaws.com" if region else ""


def region_of(url: str, region: str = "") -> str:
    """The region that a URL is in: the one that its host names, as AWS does, else `region`.

    Raises VendorFailure(VENDOR_AUTHENTICATION) where nothing says it.
    """
    found = _region(urlsplit(url).hostname or "")
    if found is not None:
        return found[1]
    if not region:
        raise _unusable("The provider has no region, and its base URL names none.")
    return region


def get_ready() -> None:
    """Import what signs, so that no request waits for it. It takes 7 MB, which are for those alone who ask Bedrock."""
    _signing()


def authenticate(secret: str, url: str, body: bytes, now: datetime, region: str = "") -> Headers:
    """What authenticates the POST of `body` to `url`, at `now` in UTC. Raises VendorFailure(VENDOR_AUTHENTICATION)."""
    credential = read_credential(secret)
    if isinstance(credential, str):
        return (("authorization", f"Bearer {credential}"),)
    return _signing()(credential, region_of(url, region), url, body, now)


def _signing() -> Callable[[AccessKey, str, str, bytes, datetime], Headers]:
    from services.providers.adapters.bedrock.signature import signed  # noqa: PLC0415 - see get_ready

    return signed


def _unusable(why: str) -> VendorFailure:
    return VendorFailure(Reason.VENDOR_AUTHENTICATION, why=why)
