"""The rate law for all gateways together, as one Redis script: what passes, and what each of them holds in advance."""

from collections.abc import Callable

from redis.asyncio import Redis

from resilience.limiter.gcra import ROUNDING, Limit
from resilience.limiter.lease import LIFE, Answer, Ask

# resilience.limiter.gcra.decide for many requests at once, in microseconds since 2025 by Redis' own clock: as doubles
# they keep their fractions, and gateways whose clocks differ still agree. A hash a subject: `spent` is the moment at
# which all that was taken would have passed evenly; each lease is a field of its name, "permits until".
#
# A leased permit keeps its place in the burst until it is known to be spent or its lease is over: what is there and
# what is held are never more than the burst together. So however late a lease is spent, no minute sees more requests
# than the limit allows. What was held until now bounds what came back until now; only then the book is changed.
_SCRIPT = """
local now = tonumber(ARGV[1])
if now < 0 then
  local time = redis.call('TIME')
  now = (time[1] - 1735689600) * 1000000 + time[2]
end
local interval, tolerance, rounding = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local life, name = tonumber(ARGV[5]), ARGV[6]
local need, held, more = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

local spent, live, lapsed, lapsed_at, mine, holders = now, 0, 0, nil, 0, 1
local book = redis.call('HGETALL', KEYS[1])
for i = 1, #book, 2 do
  if book[i] == 'spent' then
    spent = tonumber(book[i + 1])
  else
    local permits, ends = string.match(book[i + 1], '(%S+) (%S+)')
    permits, ends = tonumber(permits), tonumber(ends)
    if ends <= now then
      lapsed, lapsed_at = lapsed + permits, math.max(lapsed_at or ends, ends)
      redis.call('HDEL', KEYS[1], book[i])
    else
      live = live + permits
      if book[i] == name then mine = permits else holders = holders + 1 end
    end
  end
end
local base = math.max(spent, now + live * interval)
if lapsed_at then
  base = math.max(base, lapsed_at + (live + lapsed) * interval)
end
base = math.min(base, now + tolerance)

held = math.min(held, mine)
if more < 0 then
  more = math.max(more, -held)
  base = base + more * interval
end
local room = math.max(0, math.floor((now + tolerance - base + rounding) / interval))
local passed = math.min(need, room)
if more > 0 then
  more = math.min(more, math.floor((room - passed) / (2 * holders)))
end
local taken = passed + math.max(more, 0)
spent, held = base + taken * interval, held + more
local over = spent + interval - (now + tolerance)
if over <= rounding then over = 0 end

if taken > 0 or mine > 0 then
  redis.call('HSET', KEYS[1], 'spent', string.format('%.17g', spent))
  if held > 0 then
    redis.call('HSET', KEYS[1], name, string.format('%d %.17g', held, now + life))
  elseif mine > 0 then
    redis.call('HDEL', KEYS[1], name)
  end
  redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(spent - now, life) / 1000))
end
return {passed, held, math.ceil(math.max(spent - now, 0)), math.ceil(over)}
"""
_MICRO = 1_000_000
_KEPT = 2 * LIFE
"""Seconds that a lease is remembered: longer than its holder counts on it, so that what comes back late is taken."""


class LimitScript:
    """Asks Redis. `time`: seconds by a clock of the caller's; Redis' own where None."""

    def __init__(self, redis: Redis, *, time: Callable[[], float] | None = None) -> None:
        self._run = redis.register_script(_SCRIPT)
        self._time = time

    async def __call__(self, subject: str, name: str, limit: Limit, ask: Ask) -> Answer:
        """Ask for the lease `name` of this subject. Raises redis' errors."""
        now = -1.0 if self._time is None else self._time() * _MICRO
        times = (limit.interval, limit.tolerance, ROUNDING, _KEPT)
        passed, held, ahead, over = await self._run(
            keys=[f"seawall:limits:{subject}"],
            args=[repr(now), *(repr(time * _MICRO) for time in times), name, ask.need, ask.held, ask.more],
        )
        return Answer(passed, held, ahead / _MICRO, over / _MICRO)
