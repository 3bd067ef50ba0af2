"""OpenAI's wire format."""

from simulator.dialects.openai.app import OpenAIApp

__all__ = ["OpenAIApp"]
