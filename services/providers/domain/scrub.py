"""Takes credentials out of what a vendor says, before anybody sees it."""

import json
import re
from collections.abc import Iterable

MASK = b"[credential]"
_SHORTEST = 16
"""Characters of a part of a secret."""

_SECRET_FIELDS = ("client_secret", "private_key")
"""Of a secret that is a JSON document, what nobody may see; its other fields are names and addresses."""

_LOOKS_LIKE_ONE = re.compile(
    rb"""
      \b(?:sk|pk|rk|gsk|xai|pplx|csk|nvapi|hf|fw|tgp|key)[-_][\w*.\-]{4,}   # vendors' keys, whole or half masked
    | \bAIza[\w\-]{20,}                                                       # Google's keys
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                                           # ids of AWS's access keys
    | \b(?:ABSK|bedrock-api-key-)[\w+/=]{16,}                                  # Bedrock's API keys
    | \beyJ[\w\-]{8,}\.[\w\-]{8,}(?:\.[\w\-]*)?                                 # JSON web tokens
    | \bya29\.[\w\-.]{8,}                                                       # Google's access tokens
    | (?i:\bbearer\s+)[^\s"'\\]{4,}                                         # an Authorization header, repeated
    | \*{3,}[\w\-]{0,16}                                                    # the last characters of a masked one
    """,
    re.VERBOSE,
)


def scrub(said: bytes, secrets: Iterable[str]) -> bytes:
    """`said` without any of `secrets`, without their JSON-escaped forms, and without what looks like a key.

    A secret may be of parts with colons between them, as an access key of AWS is, or a JSON document: a vendor repeats
    them one by one.
    """
    for part in (part for secret in secrets for part in (secret, *_parts(secret))):
        escaped = part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        for form in {part, escaped, part.replace("/", "\\/")}:
            said = said.replace(form.encode(), MASK)
    return _LOOKS_LIKE_ONE.sub(MASK, said)


def _parts(secret: str) -> list[str]:
    """Those that are long enough to be secret, and not a word."""
    parts = _in_document(secret) if secret.startswith("{") else secret.split(":")
    return [part for part in parts if _SHORTEST <= len(part) < len(secret)]


def _in_document(secret: str) -> list[str]:
    try:
        fields = json.loads(secret)
    except ValueError:
        return []
    return [said for name in _SECRET_FIELDS if isinstance(said := fields.get(name), str)]
