"""Answers kept in this process."""

from resilience.clock import Clock
from services.gateway.adapters.memory_bounded import BoundedTable
from services.gateway.application.answers import StoredAnswer

MAX_ANSWER_BYTES = 2 * 1024 * 1024
MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 20_000
FRAME_BYTES = 200
"""What a frame takes beside what it says."""


class MemoryAnswers:
    """An AnswerStore; the answer that was used longest ago is forgotten first."""

    def __init__(self, clock: Clock, *, max_bytes: int = MAX_BYTES, max_entries: int = MAX_ENTRIES) -> None:
        self._table: BoundedTable[StoredAnswer] = BoundedTable(clock, max_bytes=max_bytes, max_entries=max_entries)

    async def find(self, key: str) -> StoredAnswer | None:
        """See AnswerStore. Never waits."""
        return self._table.get(key)

    async def keep(self, key: str, answer: StoredAnswer, ttl: float) -> None:
        """See AnswerStore. Never waits."""
        size = sum(len(frame.data) + len(frame.text) + FRAME_BYTES for frame in answer.frames)
        if size <= MAX_ANSWER_BYTES:
            self._table.put(key, answer, size, ttl)
