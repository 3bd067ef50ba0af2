"""One replica of providers, to which a stream is kept open."""

import asyncio
import random
from collections.abc import Callable

import structlog

from chassis.tasks import end
from resilience.clock import Clock
from resilience.retry import Backoff
from services.gateway.adapters.hop.dial import Dial
from services.gateway.adapters.hop.stream import Stream

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds until it is tried again where it did not take a stream."""

log = structlog.stdlib.get_logger("hop")


class Replica:
    """It is tried from when it is made until it is left or closed. `changed` is called when `stream` or `away` are."""

    def __init__(self, address: str, dial: Dial, clock: Clock, changed: Callable[[], None]) -> None:
        self._address = address
        self._dial = dial
        self._clock = clock
        self._changed = changed
        self._streams: dict[asyncio.Task[None], Stream] = {}
        self.stream: Stream | None = None
        """Where calls are begun; None while there is none."""
        self.away = False
        """It did not take a stream when it was last asked."""
        self._trying = asyncio.create_task(self._try(), name="replica")

    def look(self) -> None:
        """See Stream."""
        for stream in tuple(self._streams.values()):
            stream.look()

    async def leave(self) -> None:
        """Begin nothing new there; return when what is under way has ended."""
        await end(self._trying)
        self.stream = None
        for stream in self._streams.values():
            stream.retire()
        if self._streams:
            await asyncio.wait(tuple(self._streams))

    async def aclose(self) -> None:
        """End its streams, and the calls that are on them."""
        await end(self._trying)
        for task in list(self._streams):
            await end(task)

    async def _try(self) -> None:
        """Keep a stream open; those that take no more calls end with their last one."""
        backoff = Backoff(first=FIRST_PAUSE, cap=LONGEST_PAUSE, rng=random.Random())  # noqa: S311 - jitter
        while True:
            stream = Stream(self._address, self._dial)
            task = asyncio.create_task(stream.run(), name="hop")
            self._streams[task] = stream
            task.add_done_callback(self._ended)
            if await stream.opened():
                self._tell(stream, "")
                backoff.reset()
                await stream.retired()
                self.stream = None
            else:
                self._tell(None, stream.ended_by)
                await self._clock.sleep(backoff.next())

    def _tell(self, stream: Stream | None, cause: str) -> None:
        """Say what became of the try to open a stream."""
        away = stream is None
        if away and not self.away:
            log.warning("a replica of providers takes no stream; trying on", address=self._address, cause=cause)
        elif self.away and not away:
            log.info("the replica of providers takes a stream again", address=self._address)
        self.stream, self.away = stream, away
        self._changed()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._streams[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a stream to a replica of providers failed", address=self._address, exc_info=error)
