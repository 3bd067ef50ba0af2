"""Vectors of length 1 that depend on the model, the text and the dimensions alone, whichever dialect asks for them.

Beginnings of a vector are not those of a shorter one, and texts that are alike have vectors that are not.
"""

from __future__ import annotations

import base64
import hashlib
import math
from array import array
from typing import Literal

import msgspec

from simulator.dialects.texts import Text, written


def vector(model: str, text: Text, dimensions: int) -> array[float]:
    """Return the vector of a text, or of a list of tokens, as 32-bit numbers."""
    seed = f"{model}\0{written(text)}".encode()
    drawn = array("h", hashlib.shake_256(seed).digest(2 * dimensions))
    length = math.sqrt(sum(number * number for number in drawn)) or 1.0
    return array("f", [number / length for number in drawn])


def encoded(numbers: array[float], form: Literal["float", "base64"]) -> bytes:
    """Return a vector as JSON: a list of numbers, or a text of their bytes in base64."""
    if form == "base64":
        return b'"%b"' % base64.b64encode(numbers.tobytes())
    return msgspec.json.encode(numbers.tolist())
