"""OpenAI's responses and their events as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from simulator.answers import Answer
from simulator.delivery import Rendered
from simulator.dialects.openai.responses.items import Call, Events, Fields, Item, Message, Thought
from simulator.dialects.openai.responses.request import ResponsesRequest

INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why a response is incomplete, by how its answer ended."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What every part of one response says of it: what `request` it is of, and `more` that a vendor adds."""

    identity: str
    created: int
    request: ResponsesRequest
    more: Fields = field(default_factory=dict)

    def response(self, status: str, output: Sequence[Fields] = (), **said: object) -> Fields:
        """Return the response at a point of its life, with what it repeats of the request."""
        asked = self.request
        reasoning = asked.reasoning
        begun: Fields = {
            "id": f"resp_{self.identity}",
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "completed_at": self.created if status == "completed" else None,
            "error": None,
            "incomplete_details": None,
            "instructions": asked.instructions,
            "max_output_tokens": asked.max_output_tokens,
            "model": asked.model,
            "parallel_tool_calls": asked.parallel_tool_calls is not False,
            "previous_response_id": None,
            "reasoning": {
                "effort": reasoning.effort if reasoning else None,
                "summary": reasoning.summary if reasoning else None,
            },
            "service_tier": "default",
            "store": asked.store is not False,
            "temperature": 1.0 if asked.temperature is None else asked.temperature,
            "text": {"format": {"type": "text"}} if asked.text is None or asked.text.format is None else asked.text,
            "tool_choice": asked.tool_choice or "auto",
            "tools": asked.tools or [],
            "top_p": 1.0 if asked.top_p is None else asked.top_p,
            "truncation": "disabled",
            "usage": None,
            "metadata": asked.metadata or {},
        }
        # What was said comes last: nothing that is repeated is then taken for it.
        return {**begun, **self.more, **said, "output": output}


def response(answer: Answer, heading: Heading) -> Rendered:
    """Render a plain answer."""
    items = [item.whole() for item in _items(answer, heading)]
    count = len(answer.tokens)
    body = msgspec.json.encode(_ended(answer, heading, items))
    return Rendered(False, (body,), (count,), answer.prompt_tokens)


def events(answer: Answer, heading: Heading, *, tokens_per_chunk: int) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a delta.

    The last event says all at once: why it ended, the usage, and that it is over. So a stream that is to end without
    its finish reason ends before that event, and none has an end mark of its own.
    """
    writer = Events()
    begun = heading.response("in_progress")
    # All that comes before the first text leaves with it, so that no byte of the body precedes the first token.
    opening = b"".join(writer.event(f"response.{kind}", response=begun) for kind in ("created", "in_progress"))
    pieces: list[bytes] = []
    tokens: list[int] = []
    given = 0
    items = _items(answer, heading)
    for item in items:
        opening += item.begin(writer)
        for start in range(0, len(item.block.tokens), tokens_per_chunk):
            part = item.block.tokens[start : start + tokens_per_chunk]
            given += len(part)
            opening += item.add(writer, "".join(part))
            if isinstance(item, Thought) and not item.shown:
                continue
            pieces.append(opening)
            tokens.append(given)
            opening = b""
        opening += item.end(writer)
    if not pieces:
        pieces, tokens, opening = [opening], [given], b""
    whole = _ended(answer, heading, [item.whole() for item in items])
    last = writer.event(f"response.{whole['status']}", response=whole)
    return Rendered(True, tuple(pieces), tuple(tokens), answer.prompt_tokens, opening + last, opening)


def _items(answer: Answer, heading: Heading) -> list[Item]:
    made: list[Item] = []
    for index, block in enumerate(answer.blocks):
        ends_it = index == len(answer.blocks) - 1
        status = "incomplete" if ends_it and answer.finish_reason in INCOMPLETE else "completed"
        match block.kind:
            case "call":
                made.append(Call(block, index, heading.identity, status))
            case "thought":
                shown, sealed = heading.request.summarizes, heading.request.seals
                made.append(Thought(block, index, heading.identity, status, shown=shown, sealed=sealed))
            case _:
                made.append(Message(block, index, heading.identity, status))
    return made


def _ended(answer: Answer, heading: Heading, output: Sequence[Fields]) -> Fields:
    reason = INCOMPLETE.get(answer.finish_reason)
    thoughts = sum(len(block.tokens) for block in answer.blocks if block.kind == "thought")
    given, count = answer.prompt_tokens, len(answer.tokens)
    usage = {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": count,
        "output_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": given + count,
    }
    if reason is None:
        return heading.response("completed", output, usage=usage)
    return heading.response("incomplete", output, usage=usage, incomplete_details={"reason": reason})
