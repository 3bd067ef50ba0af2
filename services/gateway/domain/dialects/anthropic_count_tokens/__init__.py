"""Anthropic's counting of a message's tokens."""

from services.gateway.domain.dialects.anthropic_count_tokens.dialect import ANTHROPIC_COUNT_TOKENS

__all__ = ["ANTHROPIC_COUNT_TOKENS"]
