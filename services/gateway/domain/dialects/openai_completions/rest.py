"""The rest of a broken answer as chunks of a text."""

from typing import Any

from services.gateway.domain.dialects.openai_chat.rest import OpenAIRest


class TextRest(OpenAIRest):
    """See Rest."""

    def _says(self, choice: dict[str, Any], text: str, new: str) -> bool:  # noqa: ARG002
        choice["text"] = new
        return bool(new)
