"""A table within bounds: of bytes, of entries, and of time. What was used longest ago goes first."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from resilience.clock import Clock

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[V]):
    value: V
    size: int
    until: float


class BoundedTable(Generic[V]):
    """Holds values for a time. `max_bytes` counts what their owner says that they take, and their keys."""

    def __init__(self, clock: Clock, *, max_bytes: int, max_entries: int) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._entries: OrderedDict[str, _Entry[V]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> V | None:
        """The value; it counts as used."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._clock.monotonic() >= entry.until:
            self.remove(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: str, value: V, size: int, ttl: float) -> None:
        """Hold `value` of `size` bytes for `ttl` seconds; not at all where it alone is over the bound."""
        self.remove(key)
        size += len(key)
        if size > self._max_bytes:
            return
        self._entries[key] = _Entry(value, size, self._clock.monotonic() + ttl)
        self.bytes += size
        while self.bytes > self._max_bytes or len(self._entries) > self._max_entries:
            self.remove(next(iter(self._entries)))

    def remove(self, key: str) -> None:
        """Forget it, if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.size
