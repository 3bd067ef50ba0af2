"""Who asks: a request signed with an access key of AWS (Signature Version 4), verified, or a Bedrock API key.

Sources, at docs.aws.amazon.com: IAM/latest/UserGuide/reference_sigv-create-signed-request.html (what is signed),
IAM/latest/UserGuide/signature-v4-troubleshooting.html (its errors), bedrock/latest/userguide/api-keys-use.html, and
bedrock/latest/APIReference/CommonErrors.html (statuses).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from simulator.dialects.rejected import RejectedError

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "bedrock"
LATE, EARLY = timedelta(minutes=15), timedelta(minutes=5)
_TIME = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<credential>[^, ]+), *SignedHeaders=(?P<signed>[^, ]+), *"
    r"Signature=(?P<signature>[0-9a-f]+)"
)
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Signed:
    """What the Authorization header of a signed request says."""

    access_key: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """What the signature is good for."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it is signed. `path` is percent-encoded, as it came; the headers' names are in small letters."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's values; empty where there is none. White space in a row counts as one space."""
        return ",".join(" ".join(value.split()) for key, value in self.headers if key == name)


def read_authorization(header: str) -> Signed | str:
    """Return who signed, or a Bearer key as it is; raises RejectedError where it is neither."""
    scheme, _, key = header.partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    if scheme != ALGORITHM:
        raise refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    found = _AUTHORIZATION.fullmatch(header)
    scope = found["credential"].split("/") if found else []
    if found is None or len(scope) != 5 or scope[4] != "aws4_request":  # noqa: PLR2004 - key, date, region, service
        raise refused(
            "IncompleteSignatureException",
            "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.",
        )
    access_key, date, region, service, _ = scope
    return Signed(access_key, date, region, service, tuple(found["signed"].split(";")), found["signature"])


def verify(asked: Asked, signed: Signed, secret: str | None, now: datetime) -> None:
    """Raise RejectedError where the request is not what was signed with `secret`, or not at `now` (UTC).

    Without a secret all is looked at but the signature itself.
    """
    if signed.service != SERVICE:
        raise _unfit(f"Credential should be scoped to correct service: '{SERVICE}'.")
    _check_time(asked.header("x-amz-date"), signed, now)
    must = {"host", *(name for name, _ in asked.headers if name.startswith("x-amz-"))}
    if missing := sorted(must - set(signed.headers)):
        raise _unfit(f"'{missing[0]}' must be a 'SignedHeader' in the AWS Authorization.")
    if secret is not None and not hmac.compare_digest(signature_of(asked, signed, secret), signed.signature):
        raise _unfit(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )


def signature_of(asked: Asked, signed: Signed, secret: str) -> str:
    """Return the signature that the request has with a secret."""
    canonical = "\n".join(
        (
            asked.method,
            # The path is encoded once more than it is on the way, for every service but S3.
            quote(asked.path, safe="/-_.~"),
            "&".join(sorted(asked.query.split("&"))),
            *(f"{name}:{asked.header(name)}" for name in signed.headers),
            "",
            ";".join(signed.headers),
            asked.header("x-amz-content-sha256") or hashlib.sha256(asked.body).hexdigest(),
        )
    )
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    to_sign = f"{ALGORITHM}\n{asked.header('x-amz-date')}\n{signed.scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in (*signed.scope.split("/"), to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def secrets_of(keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the secret and the session token of each access key among `ID:SECRET` and `ID:SECRET:TOKEN`."""
    parts = (key.split(":") for key in keys if ":" in key)
    return {access_key: (secret, ":".join(token)) for access_key, secret, *token in parts}


def refused(kind: str, message: str) -> RejectedError:
    """Who asks may not."""
    return RejectedError(_FORBIDDEN, message, code=kind)


def _unfit(message: str) -> RejectedError:
    return refused("InvalidSignatureException", message)


def _check_time(said: str, signed: Signed, now: datetime) -> None:
    try:
        at = datetime.strptime(said, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise refused(
            "IncompleteSignatureException", "Date must be in ISO-8601 'basic format' in 'X-Amz-Date'."
        ) from None
    if not said.startswith(signed.date):
        raise _unfit("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
    bounds = f"({now:{_TIME}} {{}})"
    if at < now - LATE:
        raise _unfit(
            f"Signature expired: {said} is now earlier than {now - LATE:{_TIME}} " + bounds.format("- 15 min.")
        )
    if at > now + EARLY:
        raise _unfit(
            f"Signature not yet current: {said} is still later than {now + EARLY:{_TIME}} " + bounds.format("+ 5 min.")
        )
