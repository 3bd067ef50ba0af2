"""How many requests a project may make: the port that counts them, and what it answers."""

from typing import Protocol

from resilience.limiter.gcra import Decision

__all__ = ["Decision", "RateLimiter"]


class RateLimiter(Protocol):
    """Counts requests per subject."""

    async def acquire(self, subject: str, requests_per_minute: int) -> Decision:
        """Count one request of `subject`, unless it is refused. Answers at once or within 100 ms; never raises."""
        ...
