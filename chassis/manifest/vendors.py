"""The names of the vendors that a provider can be of: config takes these, providers knows what each of them speaks."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

HOSTED = (
    "openai",
    "anthropic",
    "gemini",
    "cohere",
    "mistral",
    "groq",
    "deepseek",
    "together",
    "fireworks",
    "xai",
    "openrouter",
    "perplexity",
    "cerebras",
)
"""Those that have an address of their own."""

SELF_HOSTED = (
    "openai-compatible",
    "azure",
    "bedrock",
    "vertex",
    "vllm",
    "sglang",
    "tgi",
    "ollama",
    "llama-cpp",
    "lm-studio",
)
"""Those of which each provider has an address of its own: its `base_url`, or what follows from where it is."""

BY_SDK = ("litellm",)
"""Those that an SDK calls, which finds their addresses and connects by itself."""

NAMES = (*HOSTED, *SELF_HOSTED, *BY_SDK)
"""All of them."""

LOCATED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"bedrock": ("region",), "vertex": ("region", "cloud_project")}
)
"""Those whose address follows from where a provider is, and the fields that say so."""

OWN_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"region": ("bedrock", "vertex"), "cloud_project": ("vertex",), "api_version": ("azure",)}
)
"""Fields of a provider that mean something to some vendors only, and to which."""

TRAVEL = ("proxy", "ca", "headers")
"""Fields of a provider that say how calls travel; they mean nothing where an SDK connects by itself."""


def at_home(vendor: str, base_url: str) -> bool:
    """Whether a provider asks its vendor itself: what another address bills, such as a proxy, no vendor's list says."""
    return not base_url or vendor not in HOSTED


def out_of_place(vendor: str, said: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each field of a provider that is missing or means nothing, as its vendor has it, and what is wrong with it.

    `said` holds `base_url`, OWN_FIELDS and TRAVEL, empty where the provider says nothing.
    """
    if not said["base_url"] and vendor in SELF_HOSTED:
        if vendor not in LOCATED:
            yield "base_url", f"is missing: vendor {vendor} has no address of its own"
        for field in LOCATED.get(vendor, ()):
            if not said[field]:
                yield field, f"is missing: without a base_url, the address of vendor {vendor} follows from it"
    for field, vendors in OWN_FIELDS.items():
        if said[field] and vendor not in vendors:
            yield field, f"means nothing to vendor {vendor}; it is for {' and '.join(vendors)}"
    for field in TRAVEL:
        if said[field] and vendor in BY_SDK:
            yield field, f"means nothing to vendor {vendor}: its SDK connects by itself"
