"""Gemini's thought signatures: those of the calls of functions, and of texts, that thoughts led to.

https://ai.google.dev/gemini-api/docs/thought-signatures
"""

from __future__ import annotations

import base64
import binascii

from simulator.dialects.thought_signature import is_signed

# What Google takes in place of a signature, for calls that its model did not make. Its own SDKs write it in base64, as
# they write all bytes (`google.genai.types.Part.thought_signature`).
ANY = {"skip_thought_signature_validator", "context_engineering_is_the_way_to_go"}
_BYTES = {word.encode() for word in ANY}
_STANDARD = str.maketrans("-_", "+/")


def is_own(signature: str, signed: str = "") -> bool:
    """Whether the vendor made it, for the function that is `signed`; or takes it in place of one."""
    if signature in ANY:
        return True
    # It is bytes to Google's API: clients write them in either of base64's alphabets.
    standard = signature.translate(_STANDARD).rstrip("=")
    standard += "=" * (-len(standard) % 4)
    return _decoded(standard) in _BYTES or is_signed(signed, standard)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
