"""A grammar whose clock stands still and whose fresh words are known, and bodies for it."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from services.providers.adapters.openai.grammar import OpenAIGrammar
from services.providers.adapters.openai.means import OPENAI, Means
from services.providers.domain.conversation import Conversation
from services.providers.domain.losses import Losses, Unsupported

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def grammar(means: Means = OPENAI) -> OpenAIGrammar:
    """Its fresh words are `new0`, `new1` and so on."""
    fresh = map("new{}".format, itertools.count())
    return OpenAIGrammar(now=lambda: NOW, means=means, fresh=lambda: next(fresh))


def asked(*messages: dict[str, Any], **fields: Any) -> Conversation:
    """A request as the grammar reads it; without messages, one of a user's."""
    body = {"model": "chat", "messages": list(messages) or [{"role": "user", "content": "Hi"}], **fields}
    return grammar().read_request(json.dumps(body).encode())


def written(
    conversation: Conversation,
    means: Means = OPENAI,
    *,
    stream: bool = False,
    prefix: str = "",
    unsupported: Unsupported = Unsupported.AUTO,
) -> tuple[dict[str, Any], list[str]]:
    """The request's body, and what it does not say."""
    losses = Losses("acme/up", unsupported)
    request = grammar(means).write_request(conversation, "up", stream=stream, prefix=prefix, losses=losses)
    body: dict[str, Any] = json.loads(request.body)
    return body, losses.dropped
