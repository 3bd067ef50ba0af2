"""OpenAI's older completions of a text."""

from services.gateway.domain.dialects.openai_completions.dialect import OPENAI_COMPLETIONS

__all__ = ["OPENAI_COMPLETIONS"]
