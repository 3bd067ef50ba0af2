"""The events of Anthropic's streamed answers, read as those of a reply."""

from collections.abc import Iterable, Iterator

from services.providers.adapters.anthropic import wire
from services.providers.adapters.anthropic.answers import read_event
from services.providers.adapters.anthropic.citations import read_citation
from services.providers.adapters.anthropic.replies import read_finish
from services.providers.domain.answer import Usage
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finished,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)


class EventsReader:
    """See EventReader. Blocks of server tools, which nobody who is translated can ask for, are left out."""

    def __init__(self) -> None:
        self._usage: Usage | None = None
        self._calls: dict[int, int] = {}
        self._empty: set[int] = set()
        """Blocks of calls whose arguments have not begun."""

    def read(self, data: bytes) -> Iterable[Event]:
        """See EventReader."""
        said = read_event(data)
        match said.type:
            case "content_block_delta" if said.delta is not None:
                return self._delta(said.index, said.delta)
            case "content_block_start" if said.content_block is not None:
                return self._block(said.index, said.content_block)
            case "content_block_stop":
                return self._stop(said.index)
            case "message_start" if said.message is not None:
                return self._start(said.message)
            case "message_delta":
                return self._end(said)
        return ()

    def _start(self, message: wire.Answered) -> Iterator[Event]:
        if message.usage is not None:
            self._usage = message.usage.usage()
        yield Began(message.id, message.model, self._usage)
        if self._usage is not None:
            yield UsageTold(self._usage)

    def _block(self, index: int, block: wire.Block) -> Iterator[Event]:
        match block.type:
            case "text" if block.text:
                yield TextAdded(block.text)
            case "thinking" if block.thinking or block.signature:
                yield ReasoningAdded(block.thinking or "", block.signature or "")
            case "redacted_thinking":
                yield ReasoningAdded(redacted=block.data or "")
            case "tool_use":
                call = self._calls[index] = len(self._calls)
                yield ToolCallBegan(call, block.id or "", block.name or "")
                self._empty.add(index)
                if block.input and b'"' in bytes(block.input):  # told at once, by vendors that do not stream it
                    yield from self._arguments(index, str(bytes(block.input), "utf-8"))

    def _delta(self, index: int, delta: wire.Delta) -> Iterator[Event]:
        match delta.type:
            case "text_delta" if delta.text:
                yield TextAdded(delta.text)
            case "input_json_delta" if delta.partial_json:
                yield from self._arguments(index, delta.partial_json)
            case "thinking_delta" if delta.thinking:
                yield ReasoningAdded(delta.thinking)
            case "signature_delta" if delta.signature:
                yield ReasoningAdded(signature=delta.signature)
            case "citations_delta" if delta.citation is not None:
                yield CitationAdded(read_citation(delta.citation))

    def _arguments(self, index: int, text: str) -> Iterator[Event]:
        if index in self._calls:
            self._empty.discard(index)
            yield ArgumentsAdded(self._calls[index], text)

    def _stop(self, index: int) -> Iterator[Event]:
        if index in self._empty:  # a call without arguments has no delta, and its callers parse what they get
            yield from self._arguments(index, "{}")

    def _end(self, said: wire.StreamEvent) -> Iterator[Event]:
        delta = said.delta or _NOTHING
        if delta.stop_details is not None and delta.stop_details.explanation:
            yield RefusalAdded(delta.stop_details.explanation)
        if delta.stop_reason:
            yield Finished(read_finish(delta.stop_reason, delta.stop_sequence))
        if said.usage is not None:
            self._usage = said.usage.usage(self._usage)
            yield UsageTold(self._usage)


_NOTHING = wire.Delta()
