"""Responses that all gateways keep together, in Redis."""

from typing import Any

import msgspec

from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.adapters.memory_responses import MAX_RESPONSE_BYTES, MemoryResponses
from services.gateway.adapters.redis_link import RedisAwayError, RedisLink
from services.gateway.domain.dialects.openai_responses.kept import KeptResponse

PREFIX = "seawall:response:1:"
"""The number is the encoding's."""
DEADLINE = 0.5
"""Seconds; longer than for what happens at each request, for a conversation may be large, and nobody else has it."""
RETRY_AFTER = 1.0

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(tuple[bytes, bytes])


class RedisResponses:
    """A ResponseStore. How much is kept is for Redis to say: run it with `maxmemory` and an LRU policy.

    What comes while Redis is away each gateway keeps for itself, and goes on knowing when Redis is back.
    """

    def __init__(self, link: RedisLink, clock: Clock) -> None:
        self._link = link
        self._local = MemoryResponses(clock)

    async def find(self, key: str) -> KeptResponse | None:
        """See ResponseStore. What cannot be read is not there."""
        if (known := await self._local.find(key)) is not None:
            return known
        try:
            found: Any = await self._link.ask(lambda: self._link.redis.get(PREFIX + key), DEADLINE, patiently=True)
        except RedisAwayError:
            raise _away() from None
        try:
            return None if found is None else KeptResponse(*_decoder.decode(found))
        except msgspec.MsgspecError:
            return None

    async def keep(self, key: str, response: KeptResponse, ttl: float) -> None:
        """See ResponseStore."""
        written = _encode((response.response, response.items))
        if len(written) > MAX_RESPONSE_BYTES:
            return
        milliseconds = max(1, round(ttl * 1000))
        try:
            await self._link.ask(
                lambda: self._link.redis.set(PREFIX + key, written, px=milliseconds), DEADLINE, patiently=True
            )
        except RedisAwayError:
            await self._local.keep(key, response, ttl)

    async def remove(self, key: str) -> bool:
        """See ResponseStore."""
        try:
            removed: Any = await self._link.ask(lambda: self._link.redis.delete(PREFIX + key), DEADLINE, patiently=True)
        except RedisAwayError:
            raise _away() from None
        return await self._local.remove(key) or bool(removed)


def _away() -> Failure:
    return Failure(
        Reason.UNAVAILABLE, "Responses that are kept cannot be reached now.", retryable=True, retry_after=RETRY_AFTER
    )
