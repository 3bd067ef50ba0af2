"""What families of Bedrock's models take beyond what Converse has words for, as data; by a part of their names.

Sources, at docs.aws.amazon.com: bedrock/latest/userguide/model-parameters-{claude,mistral-chat-completion,cohere-
command-r-plus}.html (`top_k`, `k`), .../prompt-caching.html (which models cache what), nova/latest/userguide/
{complete-request-schema,prompting-text-understanding}.html (`topK`, what an assistant's turn at the end does),
nova/latest/nova2-userguide/extended-thinking.html (`reasoningConfig`; that `high` goes with no limit and no sampling:
UKGovernmentBEIS/inspect_ai issue 3767 and promptfoo/promptfoo pull 6531). langchain-ai/docs pull 5239
(`reasoning_effort` of gpt-oss and Kimi).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from services.providers.adapters.anthropic.models import Traits, traits_of


@dataclass(frozen=True, slots=True)
class Effort:
    """How a model is told in a word how much to think: `path` to it in additionalModelRequestFields.

    `words`: its own for ours. `beside`: what goes beside it. `alone`: the word that no limit or sampling goes with, and
    the one that is said instead.
    """

    path: tuple[str, ...]
    words: Mapping[str, str]
    beside: Mapping[str, str] = field(default_factory=dict)
    alone: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Family:
    """What a model takes.

    `claude`: what Anthropic's takes. `top_k`: the path to it in additionalModelRequestFields. `caches`: for how long.
    `prefill`: it goes on with an assistant's turn at the end.
    """

    claude: Traits | None = None
    top_k: tuple[str, ...] = ()
    effort: Effort | None = None
    caches: frozenset[str] = frozenset()
    caches_tools: bool = False
    prefill: bool = False


_SHORT, _LONG = "5m", "1h"
_LOW_TO_HIGH = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}
_NOVA = Family(top_k=("inferenceConfig", "topK"), caches=frozenset({_SHORT}), prefill=True)
_REASONING_EFFORT = Family(effort=Effort(("reasoning_effort",), _LOW_TO_HIGH))

FAMILIES: dict[str, Family] = {
    "amazon.nova-2-": Family(
        top_k=_NOVA.top_k,
        effort=Effort(
            ("reasoningConfig", "maxReasoningEffort"),
            _LOW_TO_HIGH,
            beside={"type": "enabled"},
            alone=("high", "medium"),
        ),
        caches=_NOVA.caches,
    ),
    "amazon.nova-": _NOVA,
    "openai.gpt-oss": _REASONING_EFFORT,
    "moonshot": _REASONING_EFFORT,
    "mistral.": Family(top_k=("top_k",)),
    "cohere.command": Family(top_k=("k",)),
}
"""The first that fits. A model of an ARN that does not tell its name is of none of them."""

OTHERS = Family()


@lru_cache(maxsize=1024)
def family_of(model: str) -> Family:
    """What `model` takes, whatever region is before its name."""
    if "claude-" in model:
        traits = traits_of(model)
        return Family(
            traits,
            ("top_k",),
            caches=frozenset({_SHORT, _LONG}),
            caches_tools=True,
            prefill=traits.prefill,
        )
    return next((family for part, family in FAMILIES.items() if part in model), OTHERS)
