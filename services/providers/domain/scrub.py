"""Takes credentials out of what a vendor says, before anybody sees it."""

import re
from collections.abc import Iterable

MASK = b"[credential]"

_LOOKS_LIKE_ONE = re.compile(
    rb"""
      \b(?:sk|pk|rk|gsk|xai|pplx|csk|nvapi|hf|fw|tgp|key)[-_][\w*.\-]{4,}   # vendors' keys, whole or half masked
    | \bAIza[\w\-]{20,}                                                       # Google's keys
    | (?i:\bbearer\s+)[^\s"'\\]{4,}                                         # an Authorization header, repeated
    | \*{3,}[\w\-]{0,16}                                                    # the last characters of a masked one
    """,
    re.VERBOSE,
)


def scrub(said: bytes, secrets: Iterable[str]) -> bytes:
    """`said` without any of `secrets`, without their JSON-escaped forms, and without what looks like a key."""
    for secret in secrets:
        for form in {secret, secret.replace("\\", "\\\\").replace('"', '\\"'), secret.replace("/", "\\/")}:
            said = said.replace(form.encode(), MASK)
    return _LOOKS_LIKE_ONE.sub(MASK, said)
