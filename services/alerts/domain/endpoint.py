"""Where a receiver is reached; the one place that says which URLs may be called."""

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from chassis.addresses import never_called
from chassis.http_url import HttpUrl
from resilience.errors import Failure, Reason

MAX_URL_LENGTH = 2048
_SCHEMES = ("http", "https")
_SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins, not one
_SECRET_BYTES = range(24, 65)


@dataclass(frozen=True)
class Endpoint:
    """A URL that may be called, and the secret that signs what is sent there (empty where nothing is signed).

    Both may be credentials: neither belongs in a log, an error or the delivery log.
    """

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        check_url(self.url)


def check_url(url: str) -> None:
    """Raise Failure(INVALID_REQUEST) where `url` may not be called. The message does not repeat the URL."""
    if len(url) > MAX_URL_LENGTH:
        raise _bad_url(f"is longer than {MAX_URL_LENGTH} characters")
    if not url.isprintable() or " " in url:
        raise _bad_url("holds a blank or a control character")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _bad_url("is malformed") from None
    if parts.scheme not in _SCHEMES:
        raise _bad_url("begins with neither https:// nor http://")
    if not host:
        raise _bad_url("names no host")
    if parts.username is not None or parts.password is not None:
        raise _bad_url("holds a user name or a password; give the whole URL as env:NAME and authenticate by signature")
    try:
        address = HttpUrl.read(f"{parts.scheme}://{parts.netloc}").address
    except ValueError:
        raise _bad_url("names a host in an unusual way, that others may read as another one") from None
    if address is not None and (what := never_called(address)):
        raise _bad_url(f"leads to {what}")


def check_signing_secret(secret: str) -> None:
    """Raise Failure(INVALID_REQUEST) where `secret` is not as Standard Webhooks has it."""
    encoded = secret.removeprefix(_SECRET_PREFIX)
    try:
        size = len(base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if encoded == secret or size not in _SECRET_BYTES:
        raise Failure(
            Reason.INVALID_REQUEST,
            "The signing secret is not `whsec_` followed by the base64 of 24 to 64 bytes.",
            detail={"field": "secret"},
        )


def _bad_url(why: str) -> Failure:
    return Failure(Reason.INVALID_REQUEST, f"The receiver's URL {why}.", detail={"field": "url"})
