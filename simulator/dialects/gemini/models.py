"""What depends on a model's generation, which its name tells, as `gemini-2.5-flash`."""

from __future__ import annotations

import re

# https://ai.google.dev/gemini-api/docs/thinking: the first that think, and the first that do so by levels.
THINKS, HAS_LEVELS = 2.5, 3.0
_GENERATION = re.compile(r"gemini-(?:[a-z-]+-)?(\d+(?:\.\d+)?)")


def generation(model: str) -> float:
    """Return a model's generation; 0 where its name tells none: nothing that depends on it is demanded then."""
    told = _GENERATION.match(model)
    return float(told[1]) if told else 0.0
