"""Rate limits that all gateways keep together: the rate law in one Redis script, so one round trip a request."""

import asyncio
from types import TracebackType
from typing import Self

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from resilience.clock import Clock
from resilience.limiter.gcra import ROUNDING, Decision, Limit
from services.gateway.adapters.memory_limiter import MemoryLimiter

log = structlog.stdlib.get_logger("limits")

DEADLINE = 0.05
"""Seconds that a request waits for Redis before it is decided here."""
PAUSE = 1.0
"""Seconds between two looks at a Redis that is away."""
CONNECTIONS = 32
RECONNECT_DEADLINE = 1.0

# resilience.limiter.gcra.decide, in microseconds since 2025 by Redis' own clock: as doubles they keep their fractions,
# and gateways whose clocks differ still agree. Answers: allowed, remaining, reset, retry after.
_SCRIPT = """
local time = redis.call('TIME')
local now = (time[1] - 1735689600) * 1000000 + time[2]
local interval, tolerance, rounding = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local base = math.min(math.max(tonumber(redis.call('GET', KEYS[1]) or now), now), now + tolerance)
local spent = base + interval
local over = spent - (now + tolerance)
if over > rounding then
  return {0, 0, math.ceil(base - now), math.ceil(over)}
end
redis.call('SET', KEYS[1], string.format('%.17g', spent), 'PX', math.ceil((spent - now) / 1000))
return {1, math.max(0, math.floor((now + tolerance - spent + rounding) / interval)), math.ceil(spent - now), 0}
"""
_MICRO = 1_000_000


class RedisLimiter:
    """A RateLimiter whose counts live in Redis; an async context manager, and `run` is a background task.

    It needs no Redis to start or to answer.

    While Redis is away, or does not answer in `deadline` seconds, each gateway keeps to an equal part of every limit by
    itself: `limit / expected_gateways`, so that all of them together keep to the whole, as long as there are no more
    than expected. Those that change over have a fresh burst each. Redis is then looked at once a second, beside the
    requests, which do not wait for it. What was decided locally is not counted in Redis afterwards.
    """

    def __init__(self, url: str, clock: Clock, *, expected_gateways: int = 1, deadline: float = DEADLINE) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=deadline,
            socket_timeout=RECONNECT_DEADLINE,
            socket_connect_timeout=RECONNECT_DEADLINE,
            retry=Retry(NoBackoff(), 0),
            maint_notifications_config=MaintNotificationsConfig(enabled=False),  # with it, dead connections are reused
        )
        self._redis = Redis.from_pool(pool)
        self._decide = self._redis.register_script(_SCRIPT)
        self._clock = clock
        self._deadline = deadline
        self._local = MemoryLimiter(clock, gateways=expected_gateways)
        self._shared = False
        self._told = False
        self._lost = asyncio.Event()

    @property
    def shared(self) -> bool:
        """Whether limits are kept together with the other gateways."""
        return self._shared

    async def acquire(self, subject: str, requests_per_minute: int) -> Decision:
        """See RateLimiter."""
        if self._shared:
            limit = Limit.per_minute(requests_per_minute)
            try:
                async with asyncio.timeout(self._deadline):
                    allowed, remaining, reset, retry_after = await self._decide(
                        keys=[f"seawall:limit:{subject}"],
                        args=[repr(limit.interval * _MICRO), repr(limit.tolerance * _MICRO), repr(ROUNDING * _MICRO)],
                    )
            except (RedisError, OSError, TimeoutError) as error:
                self._lose(error)
            else:
                return Decision(bool(allowed), requests_per_minute, remaining, reset / _MICRO, retry_after / _MICRO)
        return await self._local.acquire(subject, requests_per_minute)

    async def run(self) -> None:
        """Reach Redis, and again whenever it was lost, until cancelled. Limits are shared only while this runs."""
        while True:
            await self._reach()
            self._lost.clear()
            self._shared = True
            await self._lost.wait()
            await self._clock.sleep(PAUSE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._shared = False
        await self._redis.aclose()

    async def _reach(self) -> None:
        """Have Redis take the script; with more time than a request has, as connecting takes several round trips."""
        while True:
            try:
                async with asyncio.timeout(RECONNECT_DEADLINE):
                    await self._redis.script_load(_SCRIPT)
            except (RedisError, OSError, TimeoutError) as error:
                self._tell(error)
                await self._clock.sleep(PAUSE)
                continue
            if self._told:
                log.info("Redis is reached: rate limits are shared again")
                self._told = False
            return

    def _lose(self, error: Exception) -> None:
        """Decide here from now on, until Redis answers again."""
        self._tell(error)
        self._shared = False
        self._lost.set()

    def _tell(self, error: Exception) -> None:
        if not self._told:
            log.warning("Redis does not answer: each gateway keeps its share of the rate limits", error=repr(error))
            self._told = True
