"""Idempotency keys within one process: what a single gateway keeps to, and each of several while Redis is away."""

from dataclasses import dataclass

from resilience.clock import Clock
from services.gateway.adapters.memory_bounded import BoundedTable
from services.gateway.application.idempotency import Claim, Taken

MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 20_000


@dataclass(slots=True)
class _Held:
    claim: Claim
    until: float


class MemoryKeys:
    """A KeyStore. The answer that was asked for longest ago is forgotten first; what is under way never is."""

    def __init__(self, clock: Clock, *, max_bytes: int = MAX_BYTES, max_entries: int = MAX_ENTRIES) -> None:
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._answered: BoundedTable[Taken] = BoundedTable(clock, max_bytes=max_bytes, max_entries=max_entries)

    def knows(self, key: str) -> bool:
        """Whether there is anything under `key`."""
        return self._answered.get(key) is not None or self._holder(key) is not None

    async def claim(self, claim: Claim, lease: float) -> Taken | None:
        """See KeyStore. Never waits."""
        if (answered := self._answered.get(claim.key)) is not None:
            return answered
        holder = self._holder(claim.key)
        if holder is not None and holder.token != claim.token:
            return Taken(holder.fingerprint, None)
        self._hold(claim, lease)
        return None

    async def renew(self, claim: Claim, lease: float) -> None:
        """See KeyStore. Never waits."""
        if self._may(claim):
            self._hold(claim, lease)

    async def finish(self, claim: Claim, answer: bytes, ttl: float) -> None:
        """See KeyStore. Never waits."""
        if self._may(claim):
            self._held.pop(claim.key, None)
            self._answered.put(claim.key, Taken(claim.fingerprint, answer), len(answer), ttl)

    async def release(self, claim: Claim) -> None:
        """See KeyStore. Never waits."""
        if self._may(claim):
            self._held.pop(claim.key, None)

    def _holder(self, key: str) -> Claim | None:
        held = self._held.get(key)
        if held is None:
            return None
        if self._clock.monotonic() >= held.until:
            del self._held[key]
            return None
        return held.claim

    def _may(self, claim: Claim) -> bool:
        """Whether nobody else has the key, nor has answered its request."""
        if self._answered.get(claim.key) is not None:
            return False
        holder = self._holder(claim.key)
        return holder is None or holder.token == claim.token

    def _hold(self, claim: Claim, lease: float) -> None:
        self._held[claim.key] = _Held(claim, self._clock.monotonic() + lease)
