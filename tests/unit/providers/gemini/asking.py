"""Asks Gemini what a test wants to see asked."""

import json
from typing import Any

from services.providers.adapters.gemini.grammar import GeminiGrammar
from services.providers.domain.conversation import Conversation, Role, Text, Turn
from services.providers.domain.losses import Losses, Unsupported

GRAMMAR = GeminiGrammar()
OLD, NEW = "gemini-2.5-flash", "gemini-3-flash-preview"
HI = Turn(Role.USER, (Text("hi"),))


def ask(*turns: Turn, model: str = OLD, prefix: str = "", losses: Losses | None = None, **asked: Any) -> dict[str, Any]:
    """The body of the request."""
    conversation = Conversation(turns or (HI,), **asked)
    request = GRAMMAR.write_request(
        conversation, model, stream=False, prefix=prefix, losses=losses or Losses("it", Unsupported.ERROR)
    )
    body = json.loads(request.body)
    assert isinstance(body, dict)
    return body


def lost(*turns: Turn, model: str = OLD, **asked: Any) -> list[str]:
    """What the caller is warned of."""
    losses = Losses("it")
    ask(*turns, model=model, losses=losses, **asked)
    return losses.dropped


def user(*parts: Any) -> Turn:
    return Turn(Role.USER, parts)


def model(*parts: Any) -> Turn:
    return Turn(Role.ASSISTANT, parts)
