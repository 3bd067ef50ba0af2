"""What depends on a model's generation, which its name tells, as `gemini-2.5-flash`."""

from __future__ import annotations

import re

# https://ai.google.dev/gemini-api/docs/thinking: the first that think, and the first that do so by levels.
THINKS, HAS_LEVELS = 2.5, 3.0
# Of those between the two: tokens that they think at least and at most, by what a name has, the first that it has.
BUDGETS = {"pro": (128, 32768), "flash-lite": (512, 24576), "flash": (1, 24576)}
_GENERATION = re.compile(r"gemini-(?:[a-z-]+-)?(\d+(?:\.\d+)?)")


def generation(model: str) -> float:
    """Return a model's generation; 0 where its name tells none: nothing that depends on it is demanded then."""
    told = _GENERATION.match(model)
    return float(told[1]) if told else 0.0


def budgets(model: str) -> tuple[int, int]:
    """Return the least and the largest budget of a model's thoughts, but for 0 and -1, which have meanings."""
    told = BUDGETS.items() if THINKS <= generation(model) < HAS_LEVELS else ()
    return next((bounds for name, bounds in told if name in model), (1, 2**31 - 1))
