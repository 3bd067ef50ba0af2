"""What of a body is media, which are no text and count otherwise."""

SHORTEST = 1_000
"""Bytes of base64 from which on a string is a medium: no word of any text is as long."""
_STRIDE = 500
"""Bytes between two looks; at least one is all inside of the shortest medium."""
_LOOK = 16
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\\"
"""With what escapes a slash."""


def without_media(body: bytes) -> tuple[bytes, int]:
    """A body without its images, sounds and documents in base64, and how many they were.

    A look every few hundred bytes finds them, so text is not read for it. They may stand in a data URL, and their
    slashes may be escaped.
    """
    kept: list[bytes] = []
    end, at = 0, _STRIDE
    while at < len(body):
        if not body[at : at + _LOOK].translate(None, _BASE64) and (start := _start(body, end, at)) is not None:
            closed = body.find(b'"', at)
            kept.append(body[end:start])
            end = at = closed if closed >= 0 else len(body)
        at += _STRIDE
    if not end:
        return body, 0
    return b"".join((*kept, body[end:])), len(kept)


def _start(body: bytes, after: int, at: int) -> int | None:
    """Where the medium begins that the byte at `at` is of; None where that is of a text."""
    after = max(after, at - _STRIDE - _LOOK)
    start = max(body.rfind(b'"', after, at), body.rfind(b",", after, at)) + 1
    first = body[start : start + SHORTEST]
    if not start or len(first) < SHORTEST or first.translate(None, _BASE64) or b"\\u" in first:
        # Text without a space is of this kind, too, where its characters are escaped: `\\u00e4`.
        return None
    return start
