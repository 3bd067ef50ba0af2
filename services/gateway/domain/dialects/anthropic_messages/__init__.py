"""Anthropic messages."""

from services.gateway.domain.dialects.anthropic_messages.dialect import ANTHROPIC_MESSAGES

__all__ = ["ANTHROPIC_MESSAGES"]
