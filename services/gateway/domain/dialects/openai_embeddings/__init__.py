"""OpenAI embeddings."""

from services.gateway.domain.dialects.openai_embeddings.dialect import OPENAI_EMBEDDINGS

__all__ = ["OPENAI_EMBEDDINGS"]
