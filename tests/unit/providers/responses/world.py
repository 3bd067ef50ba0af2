"""A grammar whose clock stands still and whose words are known, and what the official SDK reads of its answers."""

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from services.providers.adapters.openai.responses.grammar import ResponsesGrammar
from services.providers.domain.conversation import Conversation, Part
from services.providers.domain.reply import Choice, Event, Finish, Reply

NOW = datetime(2026, 11, 21, tzinfo=UTC)
REPEATED = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
"""Fields that OpenAI has in every response, and that are the gateway's to add."""
_EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


def grammar() -> ResponsesGrammar:
    """Its fresh words are `0`, `1` and so on."""
    return ResponsesGrammar(now=lambda: NOW, fresh=map(str, itertools.count()).__next__)


def asked(said: Any = "Hi", **fields: Any) -> Conversation:
    """A request as the grammar reads it."""
    return grammar().read_request(json.dumps({"model": "chat", "input": said, **fields}).encode())


def response_of(written: dict[str, Any]) -> Response:
    """As the SDK has it; every field is checked."""
    return Response.model_validate({**written, **REPEATED})


def whole(*parts: Part, finish: str = "stop", **fields: Any) -> Response:
    """A whole reply, written and read by the SDK."""
    reply = Reply("id", "m", (Choice(parts, Finish(finish)),), **fields)
    return response_of(json.loads(grammar().write_answer(reply)))


def streamed(*events: Event) -> list[dict[str, Any]]:
    """The events that the grammar writes, each checked by the SDK's type of it."""
    writer = grammar().writer(asked())
    written = [json.loads(data) for event in events for data in writer.write(event)]
    written += [json.loads(data) for data in writer.end()]
    for event in written:
        checked = {**event, "response": {**event["response"], **REPEATED}} if "response" in event else event
        _EVENT.validate_python(checked)
    return written


def kinds(events: Sequence[dict[str, Any]]) -> list[str]:
    """What they are, without the word that all have."""
    return [event["type"].removeprefix("response.") for event in events]
