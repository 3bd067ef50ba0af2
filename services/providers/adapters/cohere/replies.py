"""What Cohere answers, whole or as it is made, as a Reply and its events.

Sources: docs.cohere.com/v2/docs/streaming, docs/tool-use-streaming, docs/reasoning; cohere-ai/cohere-python `types`.
The model is not told, nor when the answer was made.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from services.providers.adapters.cohere import wire
from services.providers.adapters.cohere.answers import finish_of, read_answered, read_event
from services.providers.adapters.cohere.documents import number
from services.providers.domain.conversation import Citation, Part, Reasoning, Text, ToolCall
from services.providers.domain.reply import (
    STOP,
    TOOL_CALLS,
    ArgumentsAdded,
    Began,
    Choice,
    CitationAdded,
    Event,
    Finish,
    Finished,
    ReasoningAdded,
    Reply,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)

T = TypeVar("T")
OURS = frozenset({"COMPLETE", "MAX_TOKENS", "TOOL_CALL"})
"""Finish reasons that say no more than our own."""


def read_reply(body: bytes) -> Reply:
    """A whole answer. Raises VendorFailure where it cannot be read."""
    answered = read_answered(body)
    said = answered.message if isinstance(answered.message, wire.Said) else wire.Said()
    parts = tuple(_parts(said))
    called = any(isinstance(part, ToolCall) for part in parts)
    usage = answered.usage.usage() if answered.usage is not None else None
    return Reply(answered.id, "", (Choice(parts, _finish(answered.finish_reason, called=called)),), usage)


class ReplyReader:
    """See EventReader."""

    def __init__(self) -> None:
        self._began = False
        self._calls: dict[int, int] = {}

    def read(self, data: bytes) -> Iterator[Event]:
        """See EventReader."""
        event = read_event(data)
        if not self._began:
            self._began = True
            yield Began(event.id, "")
        delta = event.delta or wire.Delta()
        if delta.message is not None:
            yield from self._said(delta.message, event.index)
        if delta.finish_reason:
            yield Finished(_finish(delta.finish_reason, called=bool(self._calls)))
        if delta.usage is not None:
            yield UsageTold(delta.usage.usage())

    def _said(self, said: wire.Said, index: int) -> Iterator[Event]:
        if said.tool_plan:
            yield ReasoningAdded(said.tool_plan)
        for block in _all(said.content):
            if block.thinking:
                yield ReasoningAdded(block.thinking)
            if block.text:
                yield TextAdded(block.text)
        for call in _all(said.tool_calls):
            function = call.function or wire.Function()
            if call.id:
                self._calls[index] = len(self._calls)
                yield ToolCallBegan(self._calls[index], call.id, function.name or "")
            if function.arguments and index in self._calls:
                yield ArgumentsAdded(self._calls[index], function.arguments)
        for cited in _all(said.citations):
            for citation in _citations(cited):
                yield CitationAdded(citation)


def _parts(said: wire.Said) -> Iterator[Part]:
    if said.tool_plan:
        yield Reasoning(said.tool_plan)
    citations = tuple(citation for cited in _all(said.citations) for citation in _citations(cited))
    for block in _all(said.content):
        if block.thinking:
            yield Reasoning(block.thinking)
        if block.text:
            yield Text(block.text, citations=citations)
            citations = ()
    for call in _all(said.tool_calls):
        function = call.function or wire.Function()
        yield ToolCall(call.id, function.name or "", function.arguments or "{}")


def _all(one_or_more: list[T] | T | None) -> Sequence[T]:
    if one_or_more is None:
        return ()
    return one_or_more if isinstance(one_or_more, list) else (one_or_more,)


def _citations(cited: wire.Citation) -> Iterator[Citation]:
    """One for each source."""
    start = -1 if cited.start is None else cited.start
    end = -1 if cited.end is None else cited.end
    for source in cited.sources or [wire.Source()]:
        told = source.document or {}
        quote, title, url = (_word(told, name) for name in ("snippet", "title", "url"))
        title = title or source.id
        yield Citation(quote or cited.text or "", title, url, number(source.id), start, end, "answer")


def _word(told: dict[str, object], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _finish(said: str, *, called: bool) -> Finish:
    reason = finish_of(said)
    return Finish(TOOL_CALLS if called and reason == STOP else reason, said="" if said in OURS else said)
