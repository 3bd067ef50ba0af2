"""The wire formats that callers may write in."""

from enum import StrEnum


class CallerDialect(StrEnum):
    """What a body is written in, and its answer is to be."""

    OPENAI_CHAT = "openai-chat"
    ANTHROPIC_MESSAGES = "anthropic-messages"
    OPENAI_EMBEDDINGS = "openai-embeddings"
    OPENAI_COMPLETIONS = "openai-completions"
    ANTHROPIC_COUNT_TOKENS = "anthropic-count-tokens"
    OPENAI_RESPONSES = "openai-responses"

    @property
    def operation(self) -> str:
        """What is asked for in it, in the words of OpenTelemetry's GenAI conventions where they have one."""
        return _OPERATIONS.get(self, "chat")


_OPERATIONS = {
    CallerDialect.OPENAI_EMBEDDINGS: "embeddings",
    CallerDialect.OPENAI_COMPLETIONS: "text_completion",
    CallerDialect.ANTHROPIC_COUNT_TOKENS: "count_tokens",
}
