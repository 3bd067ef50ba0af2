"""Answers that are kept: what one is, and what those who keep them must keep to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.gateway.application.ports import Frame


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A whole answer as it once was given, of the form in which it was asked."""

    frames: tuple[Frame, ...]
    stored_at: datetime

    def age(self, now: datetime) -> float:
        """Seconds since it was given; never negative, though two gateways' clocks may differ."""
        return max(0.0, (now - self.stored_at).total_seconds())


class AnswerStore(Protocol):
    """Keeps answers for a time; it may forget them earlier, and refuse to keep one that is too large."""

    async def find(self, key: str) -> StoredAnswer | None:
        """The answer under `key`. Answers within 100 ms and never raises."""
        ...

    async def keep(self, key: str, answer: StoredAnswer, ttl: float) -> None:
        """Keep `answer` for `ttl` seconds, in place of what was there. Returns within 100 ms and never raises."""
        ...
