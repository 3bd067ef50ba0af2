"""What each family of Anthropic's models takes, as data; by the name's beginning, the longest that fits.

Sources, below platform.claude.com/docs/en: models/<model>/overview (output limits, thinking); api/migration-2026-10-21
(sampling parameters: only defaults from Claude 4.7 on); about-claude/models/migration-guide (no prefill from Claude 4.6
on); build-with-claude/effort, .../thinking and .../mid-conversation-system-messages (Opus 4.8 on).
"""

from dataclasses import dataclass, replace
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Traits:
    """What a model takes.

    `output`: the `max_tokens` it is asked for where the caller names none, which Anthropic requires. That is the
    model's limit, but up to Claude 4.1 no more than 8,192: those refuse a prompt that leaves less than is asked for.
    """

    output: int
    prefill: bool = False
    """It goes on with an assistant's turn at the end."""
    sampling: bool = False
    """It takes `temperature`, `top_p` and `top_k`."""
    budgets: bool = False
    """It takes `thinking.budget_tokens`."""
    adaptive: bool = False
    """It takes `thinking: {"type": "adaptive"}`."""
    effort: bool = False
    """It takes `output_config.effort`."""
    always_thinks: bool = False
    """Its thinking cannot be turned off, and no tool can be forced on it."""
    instructions: bool = False
    """It takes a system's turn after a user's."""


_CLAUDE_3 = Traits(4_096, prefill=True, sampling=True)
_CLAUDE_4 = Traits(8_192, prefill=True, sampling=True, budgets=True)
_CLAUDE_4_5 = replace(_CLAUDE_4, output=64_000)
_CLAUDE_4_6 = Traits(128_000, sampling=True, budgets=True, adaptive=True, effort=True)
_CLAUDE_4_7 = Traits(128_000, adaptive=True, effort=True)
_CLAUDE_4_8 = replace(_CLAUDE_4_7, instructions=True)
_THINKERS = replace(_CLAUDE_4_8, always_thinks=True)

FAMILIES: dict[str, Traits] = {
    "claude-": replace(_CLAUDE_4_7, output=64_000),  # newer than this list
    "claude-3": _CLAUDE_3,
    "claude-3-5": replace(_CLAUDE_3, output=8_192),
    "claude-3-7": _CLAUDE_4,
    "claude-opus-4": _CLAUDE_4,
    "claude-sonnet-4": _CLAUDE_4,
    "claude-opus-4-5": replace(_CLAUDE_4_5, effort=True),
    "claude-sonnet-4-5": _CLAUDE_4_5,
    "claude-haiku-4-5": _CLAUDE_4_5,
    "claude-opus-4-6": _CLAUDE_4_6,
    "claude-sonnet-4-6": _CLAUDE_4_6,
    "claude-opus-4-7": _CLAUDE_4_7,
    "claude-opus-4-8": _CLAUDE_4_8,
    "claude-sonnet-5": _CLAUDE_4_7,
    "claude-haiku-5": _CLAUDE_4_7,
    "claude-opus-5": _CLAUDE_4_8,
    "claude-opus-5-5": _THINKERS,
    "claude-fable-5": _THINKERS,
    "claude-mythos-5": _THINKERS,
}

OTHERS = Traits(8_192, prefill=True, sampling=True, budgets=True)
"""Models that are not Anthropic's, at vendors that speak its API."""


@lru_cache(maxsize=1024)
def traits_of(model: str) -> Traits:
    """What `model` takes, whatever a cloud puts before or after its name."""
    begin = model.find("claude-")
    if begin < 0:
        return OTHERS
    name = model[begin:]
    return FAMILIES[max((family for family in FAMILIES if name.startswith(family)), key=len)]
