"""What Google keeps of prompts by itself: their beginnings, where they are long enough.

https://ai.google.dev/gemini-api/docs/caching (implicit caching; the least size is that of a `flash`).
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from simulator.dialects.gemini.request import GenerateRequest
from simulator.dialects.prompt_cache import Piece, PromptCache, places

LEAST_TOKENS = 1024


class Cache:
    """One vendor's cache."""

    def __init__(self) -> None:
        self._kept = PromptCache()

    def read(self, request: GenerateRequest, now: float) -> int:
        """Return how many tokens of a prompt were there already, and keep it; `now` in seconds."""
        if request.tokens < LEAST_TOKENS:
            return 0
        sections = (
            (type(whole).__name__, (Piece(msgspec.json.encode(whole), len(text), images),))
            for text, images, whole in request.sections
        )
        ends = [replace(end, ttl="5m") for end in places(request.model, sections) if end.tokens >= LEAST_TOKENS]
        return self._kept.bill(ends, request.tokens, now).read
