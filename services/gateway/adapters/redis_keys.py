"""Idempotency keys that all gateways keep together, in Redis."""

from contextlib import suppress
from typing import Any

from resilience.clock import Clock
from services.gateway.adapters.memory_keys import MemoryKeys
from services.gateway.adapters.redis_link import RedisAwayError, RedisLink
from services.gateway.application.idempotency import Claim, Taken

PREFIX = "seawall:idempotency:1:"
"""The number is the encoding's."""
DEADLINE = 0.5
"""Seconds; longer than for what happens at each request, for an answer may be large and a second one dear."""

# A value is `P`, fingerprint and token of who answers, or `D`, fingerprint and the answer.
_HEAD = 1 + 32
_CLAIM = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then
  return held
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
"""
_REPLACE = """
local held = redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1)
if held == '' or held == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 'kept'
end
return false
"""
_RELEASE = """
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return false
"""


class RedisKeys:
    """A KeyStore.

    While Redis is away, each gateway knows only the keys that it was shown itself: two of them may then both answer a
    request. What a gateway learned by itself it goes on knowing when Redis is back.
    """

    def __init__(self, link: RedisLink, clock: Clock) -> None:
        self._link = link
        self._local = MemoryKeys(clock)
        self._claim, self._replace, self._release = map(link.redis.register_script, (_CLAIM, _REPLACE, _RELEASE))

    async def claim(self, claim: Claim, lease: float) -> Taken | None:
        """See KeyStore."""
        if self._local.knows(claim.key):
            return await self._local.claim(claim, lease)
        try:
            held = await self._run(self._claim, claim, _pending(claim), _ms(lease))
        except RedisAwayError:
            return await self._local.claim(claim, lease)
        if held is None:
            return None
        return Taken(held[1:_HEAD], held[_HEAD:] if held[:1] == b"D" else None)

    async def renew(self, claim: Claim, lease: float) -> None:
        """See KeyStore."""
        try:
            await self._run(self._replace, claim, _pending(claim), _pending(claim), _ms(lease))
        except RedisAwayError:
            await self._local.renew(claim, lease)

    async def finish(self, claim: Claim, answer: bytes, ttl: float) -> None:
        """See KeyStore."""
        done = b"D" + claim.fingerprint + answer
        with suppress(RedisAwayError):
            if await self._run(self._replace, claim, _pending(claim), done, _ms(ttl)) is None:
                await self._local.release(claim)  # another gateway has answered it meanwhile
                return
        # Also here: who asks this gateway again is not answered anew because Redis is away then.
        await self._local.finish(claim, answer, ttl)

    async def release(self, claim: Claim) -> None:
        """See KeyStore."""
        await self._local.release(claim)
        try:
            await self._run(self._release, claim, _pending(claim))
        except RedisAwayError:
            return  # its lease ends

    async def _run(self, script: Any, claim: Claim, *arguments: bytes | int) -> bytes | None:
        answer: bytes | None = await self._link.ask(
            lambda: script(keys=[PREFIX + claim.key], args=list(arguments)), DEADLINE, patiently=True
        )
        return answer


def _pending(claim: Claim) -> bytes:
    return b"P" + claim.fingerprint + claim.token


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
