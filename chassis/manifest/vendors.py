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
