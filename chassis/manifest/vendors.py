"""The names of the vendors that a provider can be of: config takes these, providers knows what each of them speaks."""

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

SELF_HOSTED = ("openai-compatible", "bedrock", "vllm", "sglang", "tgi", "ollama", "llama-cpp", "lm-studio")
"""Those of which each provider has its own `base_url`."""


def at_home(vendor: str, base_url: str) -> bool:
    """Whether a provider asks its vendor itself: what another address bills, such as a proxy, no vendor's list says."""
    return not base_url or vendor in SELF_HOSTED
