"""Asks Bedrock what a test wants to see asked; botocore's service model looks at all of it."""

from typing import Any

from services.providers.adapters.bedrock.grammar import BedrockGrammar
from services.providers.domain.conversation import Conversation, Role, Text, Turn
from services.providers.domain.losses import Losses, Unsupported
from tests.unit.providers.bedrock.service_model import check_request

GRAMMAR = BedrockGrammar()
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
CLAUDE_OPUS = "global.anthropic.claude-opus-5-v1:0"
NOVA, NOVA_2 = "amazon.nova-lite-v1:0", "us.amazon.nova-2-lite-v1:0"
GPT, LLAMA, MISTRAL, COHERE = (
    "openai.gpt-oss-120b-1:0",
    "meta.llama3-1-70b-instruct-v1:0",
    "mistral.large",
    "cohere.command-r-plus-v1:0",
)
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
HI = Turn(Role.USER, (Text("hi"),))


def ask(*turns: Turn, to: str = CLAUDE, prefix: str = "", losses: Losses | None = None, **asked: Any) -> dict[str, Any]:
    """The body of the request."""
    request = GRAMMAR.write_request(
        Conversation(turns or (HI,), **asked),
        to,
        stream=True,
        prefix=prefix,
        losses=losses or Losses("it", Unsupported.ERROR),
    )
    return check_request(request, to, stream=True)


def lost(*turns: Turn, to: str = CLAUDE, **asked: Any) -> list[str]:
    """What the caller is warned of."""
    losses = Losses("it")
    ask(*turns, to=to, losses=losses, **asked)
    return losses.dropped


def user(*parts: Any) -> Turn:
    return Turn(Role.USER, parts)


def model(*parts: Any) -> Turn:
    return Turn(Role.ASSISTANT, parts)


def system(*parts: Any) -> Turn:
    return Turn(Role.SYSTEM, parts)
