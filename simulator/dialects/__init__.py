"""The wire formats that simulated vendors speak; each renders answers for `simulator.delivery` to send."""

from collections.abc import Callable, Mapping

from simulator.dialects.anthropic import AnthropicApp
from simulator.dialects.azure import AzureApp
from simulator.dialects.bedrock import BedrockApp
from simulator.dialects.cohere import CohereApp
from simulator.dialects.gemini import GeminiApp
from simulator.dialects.mistral import MistralApp
from simulator.dialects.openai import OpenAIApp
from simulator.listener import App
from simulator.vendor import DialectName, Vendor

APPS: Mapping[DialectName, Callable[[Vendor], App]] = {
    "openai": OpenAIApp,
    "anthropic": AnthropicApp,
    "azure": AzureApp,
    "bedrock": BedrockApp,
    "cohere": CohereApp,
    "gemini": GeminiApp,
    "mistral": MistralApp,
}

__all__ = ["APPS"]
