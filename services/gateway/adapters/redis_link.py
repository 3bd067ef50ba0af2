"""The way to Redis that everything shared takes: bounded waits, and one knowledge of whether it is there."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from resilience.clock import Clock

T = TypeVar("T")

log = structlog.stdlib.get_logger("redis")

DEADLINE = 0.05
"""Seconds that a request waits for Redis before it goes on without."""
PAUSE = 1.0
"""Seconds between two looks at a Redis that is away."""
OVERSLEPT = 0.02
"""Seconds after a deadline from which on this process, and not Redis, is taken to be late."""
EXCUSED = 1.0
"""Seconds since the last answer in which that is believed; a Redis that hangs would else be waited for by everybody."""
CONNECTIONS = 32
RECONNECT_DEADLINE = 1.0


class RedisAwayError(Exception):
    """Redis is not there, or did not answer in time: go on without it."""


class OversleptError(RedisAwayError):
    """The process itself was late to see that time was over: Redis may well have answered."""


class RedisLink:
    """An async context manager, whose `run` is a background task. It needs no Redis to start.

    Once Redis does not answer in time it is away for everybody; it is then looked at once a second, beside the
    requests, which do not wait for it. Who would rather wait than go without asks patiently: that is tried also before
    Redis was reached for the first time and after a single answer was late, until it is known to be away.
    """

    def __init__(self, url: str, clock: Clock, *, deadline: float = DEADLINE) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=deadline,
            socket_timeout=RECONNECT_DEADLINE,
            socket_connect_timeout=RECONNECT_DEADLINE,
            retry=Retry(NoBackoff(), 0),
            maint_notifications_config=MaintNotificationsConfig(enabled=False),  # with it, dead connections are reused
        )
        self.redis = Redis.from_pool(pool)
        self._clock = clock
        self._deadline = deadline
        self._up = False
        self._known_away = False
        self._answered = float("-inf")
        self._told = False
        self._lost = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether Redis answers."""
        return self._up

    async def ask(
        self, command: Callable[[], Awaitable[T]], deadline: float | None = None, *, patiently: bool = False
    ) -> T:
        """The answer to `command`, within `deadline` seconds. Raises RedisAwayError."""
        if patiently:
            with suppress(OversleptError):
                return await self._try(command, deadline or self._deadline, patiently)
        return await self._try(command, deadline or self._deadline, patiently)

    async def run(self) -> None:
        """Reach Redis, and again whenever it was lost, until cancelled. It is up only while this runs."""
        while True:
            await self._reach()
            self._lost.clear()
            self._up, self._known_away = True, False
            self._answered = self._clock.monotonic()
            await self._lost.wait()
            await self._clock.sleep(PAUSE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._up, self._known_away = False, True
        await self.redis.aclose()

    async def _try(self, command: Callable[[], Awaitable[T]], deadline: float, patiently: bool) -> T:
        if not self._up and (self._known_away or not patiently):
            raise RedisAwayError
        was_up, began = self._up, self._clock.monotonic()
        try:
            async with asyncio.timeout(deadline):
                answer = await command()
        except (RedisError, OSError, TimeoutError) as error:
            overslept = isinstance(error, TimeoutError) and self._clock.monotonic() - began > deadline + OVERSLEPT
            if overslept and began - self._answered < EXCUSED:
                raise OversleptError from error
            self._tell(error)
            self._known_away |= not was_up
            self._up = False
            self._lost.set()
            raise RedisAwayError from error
        self._answered = self._clock.monotonic()
        return answer

    async def _reach(self) -> None:
        """Have Redis answer; with more time than a request has, as connecting takes several round trips."""
        while True:
            try:
                async with asyncio.timeout(RECONNECT_DEADLINE):
                    await self.redis.ping()
            except (RedisError, OSError, TimeoutError) as error:
                self._tell(error)
                self._known_away = True
                await self._clock.sleep(PAUSE)
                continue
            if self._told:
                log.info("Redis is reached: limits, answers and idempotency keys are shared again")
                self._told = False
            return

    def _tell(self, error: Exception) -> None:
        if not self._told:
            log.warning("Redis does not answer: each gateway goes by itself", error=repr(error))
            self._told = True
