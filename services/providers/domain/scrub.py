"""Takes credentials out of what a vendor says, before anybody sees it."""

import re
from collections.abc import Iterable

MASK = b"[credential]"
_SHORTEST = 16
"""Characters of a part of a secret."""

_LOOKS_LIKE_ONE = re.compile(
    rb"""
      \b(?:sk|pk|rk|gsk|xai|pplx|csk|nvapi|hf|fw|tgp|key)[-_][\w*.\-]{4,}   # vendors' keys, whole or half masked
    | \bAIza[\w\-]{20,}                                                       # Google's keys
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                                           # ids of AWS's access keys
    | \b(?:ABSK|bedrock-api-key-)[\w+/=]{16,}                                  # Bedrock's API keys
    | (?i:\bbearer\s+)[^\s"'\\]{4,}                                         # an Authorization header, repeated
    | \*{3,}[\w\-]{0,16}                                                    # the last characters of a masked one
    """,
    re.VERBOSE,
)


def scrub(said: bytes, secrets: Iterable[str]) -> bytes:
    """`said` without any of `secrets`, without their JSON-escaped forms, and without what looks like a key.

    A secret may be of parts with colons between them, as an access key of AWS is: a vendor repeats them one by one.
    """
    for part in (part for secret in secrets for part in (secret, *_parts(secret))):
        for form in {part, part.replace("\\", "\\\\").replace('"', '\\"'), part.replace("/", "\\/")}:
            said = said.replace(form.encode(), MASK)
    return _LOOKS_LIKE_ONE.sub(MASK, said)


def _parts(secret: str) -> list[str]:
    """Those that are long enough to be secret, and not a word."""
    return [part for part in secret.split(":") if _SHORTEST <= len(part) < len(secret)]
