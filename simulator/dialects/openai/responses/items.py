"""The items of a response's output, each whole and as the events of a stream that it comes in.

Source: `types/responses/response_*_event.py` of the official SDK.
"""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod

import msgspec

from simulator.answers import Block

Fields = dict[str, object]


class Events:
    """Writes the events of one stream, numbered."""

    def __init__(self) -> None:
        self._next = 0

    def event(self, kind: str, **fields: object) -> bytes:
        """Return one event."""
        number, self._next = self._next, self._next + 1
        data = msgspec.json.encode({"type": kind, "sequence_number": number, **fields})
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


class Item(ABC):
    """One item; `index` is its place in the output. `status` is what it says of itself at its end."""

    def __init__(self, block: Block, index: int, identity: str, status: str) -> None:
        self.block = block
        self.index = index
        self.status = status
        self.number = f"{identity}_{index}"

    @property
    @abstractmethod
    def id(self) -> str:
        """Its id."""

    @abstractmethod
    def whole(self) -> Fields:
        """Return it as it is at its end."""

    @abstractmethod
    def begin(self, events: Events) -> bytes:
        """Return the events before its first text."""

    @abstractmethod
    def add(self, events: Events, text: str) -> bytes:
        """Return the event of more text; nothing where it is not shown."""

    @abstractmethod
    def end(self, events: Events) -> bytes:
        """Return the events after its last text."""

    def _added(self, events: Events, item: Fields) -> bytes:
        return events.event("response.output_item.added", output_index=self.index, item=item)

    def _within(self, events: Events, kind: str, **fields: object) -> bytes:
        return events.event(f"response.{kind}", item_id=self.id, output_index=self.index, **fields)

    def _done(self, events: Events) -> bytes:
        return events.event("response.output_item.done", output_index=self.index, item=self.whole())


class Message(Item):
    """What is said."""

    @property
    def id(self) -> str:
        """See Item."""
        return f"msg_{self.number}"

    def whole(self) -> Fields:
        """See Item."""
        return self._message(self.status, [self._part(self.block.text)])

    def begin(self, events: Events) -> bytes:
        """See Item."""
        added = self._added(events, self._message("in_progress", []))
        return added + self._within(events, "content_part.added", content_index=0, part=self._part(""))

    def add(self, events: Events, text: str) -> bytes:
        """See Item."""
        return self._within(events, "output_text.delta", content_index=0, delta=text, logprobs=[])

    def end(self, events: Events) -> bytes:
        """See Item."""
        text = self.block.text
        return (
            self._within(events, "output_text.done", content_index=0, text=text, logprobs=[])
            + self._within(events, "content_part.done", content_index=0, part=self._part(text))
            + self._done(events)
        )

    def _message(self, status: str, content: list[Fields]) -> Fields:
        return {"id": self.id, "type": "message", "status": status, "content": content, "role": "assistant"}

    @staticmethod
    def _part(text: str) -> Fields:
        return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


class Call(Item):
    """The call of a function."""

    @property
    def id(self) -> str:
        """See Item."""
        return f"fc_{self.number}"

    def whole(self) -> Fields:
        """See Item."""
        return self._call(self.status, self.block.text)

    def begin(self, events: Events) -> bytes:
        """See Item."""
        return self._added(events, self._call("in_progress", ""))

    def add(self, events: Events, text: str) -> bytes:
        """See Item."""
        return self._within(events, "function_call_arguments.delta", delta=text)

    def end(self, events: Events) -> bytes:
        """See Item."""
        return self._within(events, "function_call_arguments.done", arguments=self.block.text) + self._done(events)

    def _call(self, status: str, arguments: str) -> Fields:
        return {
            "id": self.id,
            "type": "function_call",
            "status": status,
            "arguments": arguments,
            "call_id": f"call_{self.number}",
            "name": self.block.function,
        }


class Thought(Item):
    """What was thought: told in a summary, or sealed, or both, as is wanted."""

    def __init__(self, block: Block, index: int, identity: str, status: str, *, shown: bool, sealed: bool) -> None:
        super().__init__(block, index, identity, status)
        self.shown = shown
        self._sealed = sealed

    @property
    def id(self) -> str:
        """See Item."""
        return f"rs_{self.number}"

    def whole(self) -> Fields:
        """See Item."""
        return self._thought([self._part(self.block.text)] if self.shown else [])

    def begin(self, events: Events) -> bytes:
        """See Item."""
        added = self._added(events, self._thought([]))
        if not self.shown:
            return added
        return added + self._within(events, "reasoning_summary_part.added", summary_index=0, part=self._part(""))

    def add(self, events: Events, text: str) -> bytes:
        """See Item."""
        return self._within(events, "reasoning_summary_text.delta", summary_index=0, delta=text) if self.shown else b""

    def end(self, events: Events) -> bytes:
        """See Item."""
        text = self.block.text
        told = b""
        if self.shown:
            told = self._within(events, "reasoning_summary_text.done", summary_index=0, text=text)
            told += self._within(events, "reasoning_summary_part.done", summary_index=0, part=self._part(text))
        return told + self._done(events)

    def _thought(self, summary: list[Fields]) -> Fields:
        item: Fields = {"id": self.id, "type": "reasoning", "summary": summary}
        if self._sealed:
            item["encrypted_content"] = base64.b64encode(self.block.text.encode()).decode()
        return item

    @staticmethod
    def _part(text: str) -> Fields:
        return {"type": "summary_text", "text": text}
