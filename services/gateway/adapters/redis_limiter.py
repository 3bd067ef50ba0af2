"""Rate limits that all gateways keep together: the rate law in one Redis script, so one round trip a request."""

from resilience.clock import Clock
from resilience.limiter.gcra import ROUNDING, Decision, Limit
from services.gateway.adapters.memory_limiter import MemoryLimiter
from services.gateway.adapters.redis_link import RedisAwayError, RedisLink

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
    """A RateLimiter whose counts live in Redis.

    While Redis is away, each gateway keeps to an equal part of every limit by itself: `limit / expected_gateways`, so
    that all of them together keep to the whole, as long as there are no more than expected. Those that change over have
    a fresh burst each. What was decided locally is not counted in Redis afterwards.
    """

    def __init__(self, link: RedisLink, clock: Clock, *, expected_gateways: int = 1) -> None:
        self._link = link
        self._decide = link.redis.register_script(_SCRIPT)
        self._local = MemoryLimiter(clock, gateways=expected_gateways)

    async def acquire(self, subject: str, requests_per_minute: int) -> Decision:
        """See RateLimiter."""
        limit = Limit.per_minute(requests_per_minute)
        arguments = [repr(limit.interval * _MICRO), repr(limit.tolerance * _MICRO), repr(ROUNDING * _MICRO)]
        try:
            allowed, remaining, reset, retry_after = await self._link.ask(
                lambda: self._decide(keys=[f"seawall:limit:{subject}"], args=arguments)
            )
        except RedisAwayError:
            return await self._local.acquire(subject, requests_per_minute)
        return Decision(bool(allowed), requests_per_minute, remaining, reset / _MICRO, retry_after / _MICRO)
