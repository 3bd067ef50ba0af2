"""What of a body is media, which are no text and count otherwise."""

import re

TOKENS_PER_MEDIUM = 1_600
"""About the most that one image counts at Anthropic (platform.claude.com/docs/en/build-with-claude/vision)."""
_BASE64 = re.compile(rb'"[A-Za-z0-9+/]{1000,}={0,2}"')


def media_in(body: bytes) -> tuple[int, int]:
    """How many images, sounds and documents a body has in base64, and how many bytes they are in it."""
    lengths = [match.end() - match.start() for match in _BASE64.finditer(body)]
    return len(lengths), sum(lengths)
