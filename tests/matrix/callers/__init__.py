"""Who asks: three official SDKs' APIs, and gRPC."""

from enum import StrEnum


class CallerName(StrEnum):
    """By what the matrix is asked."""

    CHAT = "openai-chat"
    RESPONSES = "openai-responses"
    MESSAGES = "anthropic"
    GRPC = "grpc"
