"""The wire formats that callers may write in."""

from enum import StrEnum


class CallerDialect(StrEnum):
    """What a body is written in, and its answer is to be."""

    OPENAI_CHAT = "openai-chat"
    ANTHROPIC_MESSAGES = "anthropic-messages"
