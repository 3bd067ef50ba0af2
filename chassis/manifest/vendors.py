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
    {"region": ("bedrock", "vertex"), "cloud_project": ("vertex",), "api_version": ("azure",), "sdk_vendor": BY_SDK}
)
"""Fields of a provider that mean something to some vendors only, and to which."""

_MACHINES = "LiteLLM calls it with what this machine may do, and not with the provider's key"
_LOGS_IN = "LiteLLM has somebody log in by hand"
_HERE = "LiteLLM runs the model in this process"

NOT_CALLED: Mapping[str, str] = MappingProxyType(
    {
        "bedrock": f"{_MACHINES}; vendor bedrock is the one for it",
        "bedrock_mantle": f"{_MACHINES}; vendor bedrock is the one for it",
        "sagemaker": _MACHINES,
        "sagemaker_chat": _MACHINES,
        "sagemaker_nova": _MACHINES,
        "vertex_ai": f"{_MACHINES}; vendor vertex is the one for it",
        "vertex_ai_beta": f"{_MACHINES}; vendor vertex is the one for it",
        "gemini": "LiteLLM does not tell a stream that broke off from one that ended; vendor gemini is the one for it",
        "chatgpt": _LOGS_IN,
        "github_copilot": _LOGS_IN,
        "petals": _HERE,
        "vllm": f"{_HERE}; vendor vllm is the one for a server of it",
    }
)
"""What no provider's `sdk_vendor` may be, and why: names of docs.litellm.ai/docs/providers."""

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
    if vendor in BY_SDK:
        yield from _out_of_place_by_sdk(vendor, said)


def _out_of_place_by_sdk(vendor: str, said: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if not said["sdk_vendor"]:
        yield "sdk_vendor", f"is missing: vendor {vendor} asks whom it names"
    if why := NOT_CALLED.get(str(said["sdk_vendor"])):
        yield "sdk_vendor", f"is not called by vendor {vendor}: {why}"
    for field in TRAVEL:
        if said[field]:
            yield field, f"means nothing to vendor {vendor}: its SDK connects by itself"
