"""Seawall's API keys: how they are made, recognised without a lookup, and stored without being kept.

A key is `sw_`, 32 random characters, and 6 more that are the CRC32 of those, all of them base62. The checksum is no
protection (anybody can compute it): it makes a mistyped key cost nothing, and a leaked one certain to a scanner.
"""

import hmac
import re
import secrets
import string
import zlib
from collections.abc import Callable

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PREFIX = "sw_"
_RANDOM = 32
_CHECKSUM = 6
"""The least that 32 bits need in base62."""
_SHAPE = re.compile(rf"{_PREFIX}([0-9A-Za-z]{{{_RANDOM}}})([0-9A-Za-z]{{{_CHECKSUM}}})")
_SHOWN = len(_PREFIX) + 5


def generate(choose: Callable[[str], str] = secrets.choice) -> str:
    """A new key, with 190 bits that nobody can guess; `choose` picks one character of a string."""
    body = "".join(choose(_ALPHABET) for _ in range(_RANDOM))
    return f"{_PREFIX}{body}{_checksum(body)}"


def is_wellformed(key: str) -> bool:
    """Whether `key` could be a key; where it could not, it need not be looked up. Any one wrong character is found."""
    match = _SHAPE.fullmatch(key)
    return match is not None and _checksum(match[1]) == match[2]


def digest(key: str, pepper: bytes) -> bytes:
    """What is stored of a key: HMAC-SHA-256 under `pepper`, 32 bytes. No slow hash is needed: keys are random."""
    return hmac.digest(pepper, key.encode(), "sha256")


def prefix(key: str) -> str:
    """The first characters of a key, to recognise it by: `sw_` and five more."""
    return key[:_SHOWN]


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
