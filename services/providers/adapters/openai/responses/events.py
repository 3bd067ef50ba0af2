"""The events of a streamed response, numbered (developers.openai.com/api/reference, responses streaming events)."""

from collections.abc import Iterator
from typing import Any

import msgspec

from services.providers.adapters.openai.responses.items import Fields

_encode = msgspec.json.Encoder().encode


class Events:
    """Writes the events of one response."""

    def __init__(self) -> None:
        self._next = 0

    def event(self, kind: str, **fields: Any) -> bytes:
        """One event; `kind` without `response.`, which all have."""
        number, self._next = self._next, self._next + 1
        return _encode({"type": f"response.{kind}", "sequence_number": number, **fields})


class OpenItem:
    """An item of the output that is not at its end: begun when it is made, and ended once."""

    def __init__(self, events: Events, index: int, item: Fields) -> None:
        self.index = index
        self.id: str = item["id"]
        self._events = events
        self._began = item

    def begin(self) -> Iterator[bytes]:
        """The event that it begins."""
        yield self._events.event("output_item.added", output_index=self.index, item=self._began)

    def within(self, kind: str, **fields: Any) -> bytes:
        """An event of it."""
        return self._events.event(kind, item_id=self.id, output_index=self.index, **fields)

    def done(self, item: Fields) -> bytes:
        """The event that it is whole."""
        return self._events.event("output_item.done", output_index=self.index, item=item)
