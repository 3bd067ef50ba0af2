"""How much of what a prompt has: letters, figures, signs, characters of each script; counted, not read."""

import string
from operator import add
from typing import NamedTuple

from services.gateway.domain.media_bytes import without_media

WHOLE = 64 * 1024
"""Bytes of text that are all counted; of what is longer, the rest is sampled."""
SAMPLE, EVERY = 2 * 1024, 32 * 1024
"""Of so many further bytes that many are counted, and stand for all."""


class Extent(NamedTuple):
    """How often a body has what. Of text over `WHOLE` bytes the counts are extrapolated."""

    messages: int = 0
    lower: int = 0
    upper: int = 0
    digits: int = 0
    """Two beside each other count once."""
    spaces: int = 0
    backslashes: int = 0
    """Each begins an escaped quote, line's end or the like."""
    signs: int = 0
    """All else in ASCII but double quotes, which mostly are of the token beside them."""
    latin: int = 0
    """Letters that ASCII has not, as in `ä`."""
    greek: int = 0
    cyrillic: int = 0
    semitic: int = 0
    """Hebrew and Arabic."""
    indic: int = 0
    """Of India's scripts and Thai."""
    latin_more: int = 0
    """Letters with two marks, as in Vietnamese."""
    symbols: int = 0
    """Dashes, curved quotes, arrows, boxes."""
    kana: int = 0
    """With the signs of Chinese and Japanese, and what is as wide."""
    han: int = 0
    hangul: int = 0
    others: int = 0
    """Emoji, mostly: what UTF-8 writes in four bytes."""
    media: int = 0
    """In base64."""


_LEADS = {
    "latin": range(0xC2, 0xCC),
    "greek": range(0xCC, 0xD0),
    "cyrillic": range(0xD0, 0xD6),
    "semitic": range(0xD6, 0xE0),
    "indic": range(0xE0, 0xE1),
    "latin_more": range(0xE1, 0xE2),
    "symbols": range(0xE2, 0xE3),
    "kana": (0xE3, 0xEE, 0xEF),
    "han": range(0xE4, 0xEA),
    "hangul": range(0xEA, 0xEE),
    "others": range(0xF0, 0xF5),
}
"""The first bytes that UTF-8 has for characters of each script."""
_SCRIPTS = tuple(bytes([leads[0]]) for leads in _LEADS.values())
_NONE = (0,) * len(_SCRIPTS)
_SCRIPT_OF = bytes(next((leads[0] for leads in _LEADS.values() if byte in leads), byte) for byte in range(256))
_ASCII = bytes(range(0x80))
_NOT_LEADS = bytes(range(0xC0))
_KIND_OF = bytes(
    ord("A" if char.isupper() else "0" if char.isdigit() else char if char in ' "\\' else ".")
    for char in map(chr, range(256))
)
_ASCII_KINDS = (b"A", b"0", b" ", b'"')
_NO_KIND = string.ascii_lowercase.encode() + bytes(range(0x80, 256))


def extent_of(body: bytes) -> Extent:
    r"""Count a body in JSON, of any dialect. It is the same whether characters are escaped (`\u00e4`) or not."""
    text, media = without_media(body)
    counts = _count(text[:WHOLE])
    if len(text) > WHOLE:
        sample = b"".join(text[at : at + SAMPLE] for at in range(WHOLE, len(text), EVERY))
        counts = tuple(map(add, counts, (count * (EVERY // SAMPLE) for count in _count(sample))))
    return Extent._make((*counts, media))


def _count(text: bytes) -> tuple[int, ...]:
    kinds = text.translate(_KIND_OF, _NO_KIND)
    backslashes = kinds.count(b"\\")
    if backslashes and b"\\u" in text:
        text = _unescaped(text)
        kinds = text.translate(_KIND_OF, _NO_KIND)
        backslashes = kinds.count(b"\\")
    upper, digits, spaces, quotes = map(kinds.count, _ASCII_KINDS)
    signs = len(kinds) - upper - digits - spaces - quotes - backslashes
    lower, scripts = len(text) - len(kinds), _NONE
    if not text.isascii():
        lower -= len(text.translate(None, _ASCII))
        scripts = tuple(map(text.translate(_SCRIPT_OF, _NOT_LEADS).count, _SCRIPTS))
    messages = text.count(b'"role"')
    return messages, lower, upper, digits - kinds.count(b"00"), spaces, backslashes, signs, *scripts


def _unescaped(text: bytes) -> bytes:
    r"""With characters in UTF-8 that were written as `\u00e4`, pairs of surrogates as the one that they mean."""
    escaped = text.decode(errors="replace").encode("raw_unicode_escape")
    units = escaped.decode("raw_unicode_escape", "replace").encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "replace").encode()
