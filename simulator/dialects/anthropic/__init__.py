"""Anthropic's wire format: the Messages API, as https://platform.claude.com/docs/en/api and its SDK tell it."""

from simulator.dialects.anthropic.app import AnthropicApp

__all__ = ["AnthropicApp"]
