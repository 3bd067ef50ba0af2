"""What Seawall must know of Gemini's models to ask them: their generation, and how their thinking is set.

Source: ai.google.dev/gemini-api/docs/thinking (levels and budgets by model), ai.google.dev/gemini-api/docs/openai (what
`reasoning_effort` is), ai.google.dev/gemini-api/docs/thought-signatures (which models insist on signatures).
"""

import re
from functools import lru_cache

from services.providers.adapters.gemini.asked import ThinkingConfig
from services.providers.domain.conversation import Thinking
from services.providers.domain.losses import Losses

THINKING, LEVELS = 2.5, 3.0
"""Generations: the first that thinks, by a budget of tokens; the first whose thinking has levels, and whose calls of
tools are refused without their signature."""

BUDGETS: dict[str, int] = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
"""Tokens for each effort, as Google's own OpenAI-compatible endpoint has them."""

LEVEL_OF: dict[str, str] = {
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "HIGH",
    "max": "HIGH",
}

RANGES: dict[str, tuple[int, int]] = {"pro": (128, 32768), "flash-lite": (512, 24576), "flash": (1, 24576)}
"""Tokens that one of generation 2.5 thinks at least and at most, by what its name has, the first that it has."""

_GENERATION = re.compile(r"\bgemini-(?:[a-z-]+-)?(\d+(?:\.\d+)?)")
_LATEST = re.compile(r"\bgemini-(?:[a-z]+-)*latest\b")


@lru_cache(maxsize=1024)
def generation(model: str) -> float:
    """Such as 2.5, of `gemini-2.5-flash`; 0 for a model that is no Gemini, or does not tell."""
    told = _GENERATION.search(model)
    if told is not None:
        return float(told[1])
    return LEVELS if _LATEST.search(model) else 0.0


def thinking_config(thinking: Thinking, model: str, losses: Losses) -> ThinkingConfig | None:
    """How `model` is told to think; None where there is nothing to tell it."""
    number = generation(model)
    off = thinking.off or thinking.effort == "none"
    if number < THINKING:
        if not off:
            losses.hint("thinking")
        return None
    if off:
        return _off(model, levels=number >= LEVELS, losses=losses)
    if thinking.budget is not None:
        budget = thinking.budget if number >= LEVELS else _in_range(thinking.budget, model, losses)
        return ThinkingConfig(include_thoughts=True, thinking_budget=budget)
    if thinking.effort and thinking.effort not in BUDGETS:
        losses.hint("thinking")
    elif thinking.effort and number >= LEVELS:
        # A `pro` thinks with LOW at least, which is what Google takes `minimal` for.
        level = "LOW" if thinking.effort == "minimal" and "pro" in model else LEVEL_OF[thinking.effort]
        return ThinkingConfig(include_thoughts=True, thinking_level=level)
    elif thinking.effort:
        return ThinkingConfig(include_thoughts=True, thinking_budget=BUDGETS[thinking.effort])
    return ThinkingConfig(include_thoughts=True)


def _off(model: str, *, levels: bool, losses: Losses) -> ThinkingConfig:
    """As little as the model can; only a `flash` of generation 2.5 can be told not to think at all."""
    if levels:
        losses.hint("thinking")
        return ThinkingConfig(thinking_level="LOW" if "pro" in model else "MINIMAL")
    if "pro" in model:
        losses.hint("thinking")
        return ThinkingConfig(thinking_budget=RANGES["pro"][0])
    return ThinkingConfig(thinking_budget=0)


def _in_range(budget: int, model: str, losses: Losses) -> int:
    """The nearest that the model takes: it answers 400 to any other."""
    least, most = next((range_ for name, range_ in RANGES.items() if name in model), (budget, budget))
    if not least <= budget <= most:
        losses.hint("thinking")
    return min(max(budget, least), most)
