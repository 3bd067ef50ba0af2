"""The proof that a thought is the vendor's: a function of its text, the same at every vendor, in every dialect."""

from __future__ import annotations

import base64
import hashlib

_KEY = b"simulated signature"


def sign(thought: str) -> str:
    """Return the signature of a thought, which may be verified with the thought or, where that is omitted, alone."""
    digest = hashlib.blake2b(thought.encode(), key=_KEY, digest_size=24).digest()
    return base64.b64encode(digest + _seal(digest)).decode()


def is_signed(thought: str, signature: str) -> bool:
    """Whether the signature is that of the thought; of an empty thought, whether it is one at all."""
    if thought:
        return signature == sign(thought)
    try:
        signed = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return signed[24:] == _seal(signed[:24])


def _seal(digest: bytes) -> bytes:
    return hashlib.blake2b(digest, key=_KEY, digest_size=24).digest()
