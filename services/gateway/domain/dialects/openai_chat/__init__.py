"""OpenAI chat completions."""

from services.gateway.domain.dialects.openai_chat.dialect import OPENAI_CHAT

__all__ = ["OPENAI_CHAT"]
