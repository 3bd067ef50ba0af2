"""OpenAI responses."""

from services.gateway.domain.dialects.openai_responses.dialect import OPENAI_RESPONSES

__all__ = ["OPENAI_RESPONSES"]
