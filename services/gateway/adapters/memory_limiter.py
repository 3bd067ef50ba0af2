"""Rate limits within one process: what a single gateway keeps to, and each of several while Redis is away."""

from collections import OrderedDict
from functools import lru_cache

from resilience.clock import Clock
from resilience.limiter.gcra import Decision, Limit, decide

KEPT = 1_000
"""Different limits that are kept worked out."""


class MemoryLimiter:
    """A RateLimiter over the last `max_subjects` subjects; the one not seen longest is forgotten, and begins anew.

    `gateways`: among how many processes that cannot ask each other a limit is divided equally.
    """

    def __init__(self, clock: Clock, *, gateways: int = 1, max_subjects: int = 100_000) -> None:
        self._clock = clock
        self._max_subjects = max_subjects
        self._spent_until: OrderedDict[str, float] = OrderedDict()
        self._limits = lru_cache(KEPT)(lambda requests: Limit.per_minute(requests).share(gateways))

    async def acquire(self, subject: str, requests_per_minute: int) -> Decision:
        """See RateLimiter. Never waits."""
        limit = self._limits(requests_per_minute)
        now = self._clock.monotonic()
        self._spent_until[subject], decision = decide(self._spent_until.get(subject, now), now, limit)
        self._spent_until.move_to_end(subject)
        if len(self._spent_until) > self._max_subjects:
            self._spent_until.popitem(last=False)
        return decision
