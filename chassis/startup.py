"""What is done once before a service can serve, tried until it succeeds, however long what it needs is away."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from chassis.health import Health
from resilience.clock import Clock
from resilience.errors import Failure
from resilience.retry import Backoff

log = structlog.stdlib.get_logger("startup")


class StartUp:
    """Runs in the background, so that the service lives while its database is away. `condition` is unmet until then.

    `attempt` does all that there is to do. It is called again after a Failure(retryable), so it must bear being begun
    anew; anything else that it raises ends the service, because one that ran on would hide what is wrong.
    """

    def __init__(self, attempt: Callable[[], Awaitable[None]], *, condition: str, health: Health, clock: Clock) -> None:
        self._attempt = attempt
        self._condition = condition
        self._health = health
        self._clock = clock
        self.done = asyncio.Event()
        """Set once everything else may begin."""
        health.require(condition, "it was not tried yet")

    async def run(self) -> None:
        """Return once the service can serve. Raises what `attempt` raises, except while it may succeed later."""
        try:
            await self._until_done()
        except Failure as failure:
            log.error("the service cannot start", cause=failure.message, **failure.detail)  # noqa: TRY400 - it is told
            raise
        self._health.met(self._condition)
        self.done.set()

    def then(self, run: Callable[[], Awaitable[None]]) -> Callable[[], Coroutine[Any, Any, None]]:
        """What waits until this is done and then does `run`: for background work."""

        async def wait_and_run() -> None:
            await self.done.wait()
            await run()

        return wait_and_run

    async def _until_done(self) -> None:
        backoff = Backoff(first=0.2, cap=2.0, rng=random.Random())  # noqa: S311 - jitter
        waiting = False
        while True:
            try:
                return await self._attempt()
            except Failure as failure:
                if not failure.retryable:
                    raise
                self._health.require(self._condition, failure.message)
                if not waiting:
                    log.warning("start-up waits", cause=failure.message)
                    waiting = True
            await self._clock.sleep(backoff.next())
