"""What providers answer to requests for responses: as the service of translated vendors writes them."""

import json
from datetime import UTC, datetime
from typing import Any

from services.gateway.application.ports import Frame
from services.gateway.domain.usage import Usage
from services.providers.adapters.openai.responses.grammar import ResponsesGrammar
from services.providers.domain.conversation import Conversation, Part
from services.providers.domain.reply import Choice, Event, Finish, Reply

USAGE = Usage(1000, 100)
GRAMMAR = ResponsesGrammar(now=lambda: datetime(2026, 11, 21, tzinfo=UTC))


def whole(*parts: Part) -> list[Frame]:
    """A whole response."""
    body = GRAMMAR.write_answer(Reply("", "small", (Choice(parts, Finish("stop")),)))
    return [Frame(body, finish_reason="stop", usage=USAGE, end=True)]


def streamed(*events: Event, end: bool = True) -> list[Frame]:
    """A streamed one; without `end`, as much of it as the events say."""
    writer = GRAMMAR.writer(Conversation(()))
    frames = [Frame(data, getattr(event, "text", "")) for event in events for data in writer.write(event)]
    if end:
        frames += [*(Frame(data, finish_reason="stop") for data in writer.end()), Frame(usage=USAGE, end=True)]
    return frames


def events_of(stream: str) -> list[tuple[str, dict[str, Any]]]:
    """A stream's events: their names and their data."""
    read = []
    for block in stream.split("\n\n"):
        if block:
            name, data = block.split("\n")
            read.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return read
