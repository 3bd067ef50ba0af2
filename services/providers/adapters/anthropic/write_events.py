"""A streamed reply, written as Anthropic's events in their order.

Blocks follow each other, each begun, added to and ended; only calls of tools that another vendor interleaves are open
side by side, which the events' `index` keeps apart. Why it stopped is told at the end, when all of the usage is known.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from services.providers.adapters.anthropic.citations import write_citation
from services.providers.adapters.anthropic.replies import message_of, stop_of, thought, usage_of
from services.providers.adapters.anthropic.write_blocks import Written, tool_id, tool_input
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Reasoning
from services.providers.domain.reply import (
    STOP,
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finish,
    Finished,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)

_encode = msgspec.json.Encoder().encode


class EventsWriter:
    """See EventWriter. `new_id`: makes the message's id where the vendor gave none. It has one choice, the first."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._next = 0
        self._open: tuple[str, int] | None = None
        """Kind and index of the block that is open and no call."""
        self._calls: dict[int, _Call] = {}
        self._usage: Usage | None = None
        self._finish = Finish(STOP)
        self._refusal = ""

    def write(self, event: Event) -> Iterator[bytes]:
        """See EventWriter."""
        match event:
            case Began():
                self._usage = event.usage
                yield _start(message_of(event.id or self._new_id(), event.model, event.usage))
            case UsageTold():
                self._usage = event.usage
            case _ if event.choice:
                pass
            case Finished():
                self._finish = event.finish
            case RefusalAdded():
                self._refusal += event.text
            case _:
                yield from self._content(event)

    def end(self) -> Iterator[bytes]:
        """See EventWriter."""
        yield from self._close()
        for call in self._calls.values():
            yield _stop(call.index)
        stop = stop_of(self._finish, self._refusal)
        yield _encode({"type": "message_delta", "delta": stop, "usage": usage_of(self._usage)})
        yield b'{"type":"message_stop"}'

    def _content(self, event: Event) -> Iterator[bytes]:
        match event:
            case TextAdded() if event.text:
                yield from self._add("text", _TEXT, {"type": "text_delta", "text": event.text})
            case CitationAdded():
                citation = write_citation(event.citation)
                yield from self._add("text", _TEXT, {"type": "citations_delta", "citation": citation})
            case ReasoningAdded():
                yield from self._think(event)
            case ToolCallBegan():
                yield from self._call(event)
            case ArgumentsAdded():
                yield from self._argue(event)

    def _add(self, kind: str, empty: Written, delta: Written) -> Iterator[bytes]:
        """Add to the open block of that kind, or to a new one, which begins `empty`."""
        if self._open is None or self._open[0] != kind:
            yield from self._close()
            self._open = (kind, self._next)
            yield self._begin(empty)
        yield _delta(self._open[1], delta)

    def _think(self, event: ReasoningAdded) -> Iterator[bytes]:
        if event.redacted:
            yield from self._close()
            index = self._next
            yield self._begin(thought(Reasoning(redacted=event.redacted)))
            yield _stop(index)
        if event.text:
            yield from self._add("thinking", _THINKING, {"type": "thinking_delta", "thinking": event.text})
        if event.signature:
            yield from self._add("thinking", _THINKING, {"type": "signature_delta", "signature": event.signature})
            yield from self._close()  # what comes after is another thought

    def _call(self, event: ToolCallBegan) -> Iterator[bytes]:
        yield from self._close()
        if event.signature:  # a call has no place for it here
            yield from self._think(ReasoningAdded(signature=event.signature))
        self._calls[event.call] = _Call(self._next)
        yield self._begin({"type": "tool_use", "id": tool_id(event.id), "name": event.name, "input": {}})

    def _argue(self, event: ArgumentsAdded) -> Iterator[bytes]:
        call = self._calls.get(event.call)
        if call is None or not event.text:
            return  # more white space after the end
        call.arguments += event.text
        yield _delta(call.index, {"type": "input_json_delta", "partial_json": event.text})

    def _begin(self, block: Written) -> bytes:
        index, self._next = self._next, self._next + 1
        return _encode({"type": "content_block_start", "index": index, "content_block": block})

    def _close(self) -> Iterator[bytes]:
        """End the block that is no call, if one is open, and the calls that are whole: most vendors interleave none."""
        if self._open is not None:
            yield _stop(self._open[1])
            self._open = None
        for number in [number for number, call in self._calls.items() if call.whole]:
            yield _stop(self._calls.pop(number).index)


class _Call:
    """A call whose block is open."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.arguments = ""

    @property
    def whole(self) -> bool:
        """Its arguments are an object, so nothing can follow."""
        return self.arguments.rstrip().endswith("}") and isinstance(tool_input(self.arguments), msgspec.Raw)


_TEXT = {"type": "text", "text": ""}
_THINKING = thought(Reasoning())


def _start(message: dict[str, Any]) -> bytes:
    return _encode({"type": "message_start", "message": message})


def _delta(index: int, delta: Written) -> bytes:
    return _encode({"type": "content_block_delta", "index": index, "delta": delta})


def _stop(index: int) -> bytes:
    return _encode({"type": "content_block_stop", "index": index})
