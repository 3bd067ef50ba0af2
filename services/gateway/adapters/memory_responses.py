"""Responses kept in this process."""

from resilience.clock import Clock
from services.gateway.adapters.memory_bounded import BoundedTable
from services.gateway.domain.dialects.openai_responses.kept import KeptResponse

MAX_RESPONSE_BYTES = 16 * 1024 * 1024
"""Of a response and all that was said before it: more than fits in a request that goes on from it."""
MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 20_000


class MemoryResponses:
    """A ResponseStore; the response that was used longest ago is forgotten first."""

    def __init__(self, clock: Clock, *, max_bytes: int = MAX_BYTES, max_entries: int = MAX_ENTRIES) -> None:
        self._table: BoundedTable[KeptResponse] = BoundedTable(clock, max_bytes=max_bytes, max_entries=max_entries)

    async def find(self, key: str) -> KeptResponse | None:
        """See ResponseStore. Never waits, never raises."""
        return self._table.get(key)

    async def keep(self, key: str, response: KeptResponse, ttl: float) -> None:
        """See ResponseStore. Never waits."""
        size = len(response.response) + len(response.items)
        if size <= MAX_RESPONSE_BYTES:
            self._table.put(key, response, size, ttl)

    async def remove(self, key: str) -> bool:
        """See ResponseStore. Never waits, never raises."""
        known = self._table.get(key) is not None
        self._table.remove(key)
        return known
