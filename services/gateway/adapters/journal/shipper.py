"""Carries the journal to Kafka, in batches, in order, until Kafka says that it has them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import structlog

from events.cloudevents import Record
from resilience.clock import Clock
from resilience.errors import Failure
from resilience.retry import Backoff
from services.gateway.adapters.journal.journal import Journal

log = structlog.stdlib.get_logger("journal")

GATHER = 0.2
"""Seconds after the first record for others to join its batch: a publish costs as much as a hundred more in it."""


class Shipper:
    """Ships what `journal` holds by `publish`, which returns once Kafka has the records and raises Failure else.

    A batch is one publish; the position moves after it. So a crash ships at most one batch (500 records, 1 MiB) twice,
    and a failed publish repeats what Kafka did take of it; consumers know an event by its id.
    """

    def __init__(self, journal: Journal, publish: Callable[[Sequence[Record]], Awaitable[None]], clock: Clock) -> None:
        self._journal = journal
        self._publish = publish
        self._clock = clock
        self._backoff = Backoff(first=0.1, cap=2.0, rng=random.Random())  # noqa: S311 - jitter
        self._away = False
        self._running: asyncio.Task[None] | None = None
        self._gathering: asyncio.Task[None] | None = None
        self._draining = False

    async def run(self) -> None:
        """Ship until cancelled or drained. Raises OSError where the journal cannot be read."""
        self._running = asyncio.current_task()
        while True:
            await self._journal.filled()
            await self._gather()
            while batch := self._journal.read():
                await self._ship(batch.records)
                self._journal.advance(batch)
                if self._journal.waiting < len(batch.records):
                    break  # little has come meanwhile: it waits for more

    async def drain(self, within: float) -> None:
        """Ship what waits, for at most `within` seconds, then stop; the rest is shipped after the next start."""
        self._draining = True
        if self._gathering is not None:
            self._gathering.cancel()
        try:
            async with asyncio.timeout(within):
                await self._journal.emptied()
        except TimeoutError:
            log.warning("requests stay in the journal until the next start", records=self._journal.waiting)
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _gather(self) -> None:
        """Let others join the first record, unless no more will come."""
        if self._draining:
            return
        self._gathering = asyncio.create_task(self._clock.sleep(GATHER), name="journal gathers")
        try:
            await asyncio.wait([self._gathering])
        finally:
            self._gathering.cancel()

    async def _ship(self, records: Sequence[Record]) -> None:
        while True:
            try:
                await self._publish(records)
            except Failure as failure:
                if not self._away:
                    log.warning("Kafka does not take the journal; trying on", error=failure.message)
                    self._away = True
                await self._clock.sleep(self._backoff.next())
                continue
            if self._away:
                log.info("Kafka takes the journal again", waiting=self._journal.waiting)
                self._away = False
            self._backoff.reset()
            return
