"""A vendor's chunks, read as the events of a reply."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.providers.adapters.openai import reply_wire as wire
from services.providers.adapters.openai.citations import read_citations
from services.providers.adapters.openai.finish import read_finish
from services.providers.adapters.openai.message_wire import given, signature_of
from services.providers.adapters.openai.read_answer import read_completion
from services.providers.adapters.openai.said import media_of, text_of, thoughts_of
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finished,
    MediaAdded,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)


@dataclass(slots=True)
class _Calls:
    """The calls of one choice: how many there are, and which one is meant by an index."""

    count: int = 0
    meant: dict[int | None, tuple[int, str]] = field(default_factory=dict)


class ChunkReader:
    """See EventReader. `fresh`: what tells one call of a tool from all others, where the vendor does not."""

    def __init__(self, *, fresh: Callable[[], str]) -> None:
        self._fresh = fresh
        self._began = False
        self._calls: dict[int, _Calls] = {}
        self._finished: set[int] = set()

    def read(self, data: bytes) -> Iterator[Event]:
        """See EventReader."""
        chunk = read_completion(data)
        if not self._began and (chunk.id or chunk.choices):  # Azure's first chunk, of filters alone, has no id yet
            self._began = True
            yield Began(chunk.id or "", chunk.model or "", created=int(chunk.created or 0))
        for choice in chunk.choices or ():
            yield from self._choice(choice, choice.delta or wire.Said())
        if chunk.usage is not None:
            yield UsageTold(chunk.usage.usage())

    def _choice(self, choice: wire.Choice, delta: wire.Said) -> Iterator[Event]:
        index = choice.index
        for thought in thoughts_of(delta):
            yield ReasoningAdded(thought.text, thought.signature, thought.redacted, index)
        text, logprobs = text_of(delta), given(choice.logprobs)
        if text or logprobs:
            yield TextAdded(text, index, logprobs)
        for citation in read_citations(delta):
            yield CitationAdded(citation, index)
        if delta.refusal:
            yield RefusalAdded(delta.refusal, index)
        for media in media_of(delta):
            yield MediaAdded(media, index)
        for call in delta.tool_calls or ():
            yield from self._call(call, index)
        if choice.finish_reason and index not in self._finished:
            self._finished.add(index)
            yield Finished(read_finish(choice, called=index in self._calls), index)

    def _call(self, call: wire.Call, index: int) -> Iterator[Event]:
        calls = self._calls.setdefault(index, _Calls())
        function = call.function or wire.Function()
        number, call_id = calls.meant.get(call.index, (-1, ""))
        # Some vendors count every call as the first one, or not at all: another id and name are another call.
        if number < 0 or (call.id and call.id != call_id and function.name):
            number, call_id = calls.count, call.id or f"call_{self._fresh()}"
            calls.count += 1
            calls.meant[call.index] = number, call_id
            yield ToolCallBegan(number, call_id, function.name or "", index, signature_of(call.extra_content))
        if function.arguments:
            yield ArgumentsAdded(number, function.arguments, index)
