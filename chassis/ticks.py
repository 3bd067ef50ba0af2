"""What a service does by itself, again and again."""

from collections.abc import Awaitable, Callable

import structlog

from resilience.clock import Clock
from resilience.errors import Failure

log = structlog.stdlib.get_logger("ticks")


async def every(seconds: float, name: str, do: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Call `do`, then wait, until cancelled.

    A tick that ends with a Failure(retryable), because the store is away, is left out; anything else is raised.
    """
    waiting = False
    while True:
        try:
            await do()
        except Failure as failure:
            if not failure.retryable:
                raise
            if not waiting:
                log.warning(f"{name} waits", cause=failure.message)
            waiting = True
        else:
            waiting = False
        await clock.sleep(seconds)
