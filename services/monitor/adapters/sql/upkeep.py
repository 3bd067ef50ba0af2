"""Makes the tables at start-up, however long the database is away, and says until then that they are not there."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from chassis.health import Health
from chassis.storage.database import Database
from chassis.storage.migrate import migrate
from resilience.backoff import Backoff
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.monitor.adapters.sql.tables import TABLES

VERSIONS = Path(__file__).parent / "migrations" / "versions"

log = structlog.stdlib.get_logger("monitor.tables")


class Tables:
    """Whether the tables are there. A service is not ready before they are; once they are, they stay."""

    def __init__(self, db: Database, health: Health, clock: Clock, *, migrates: bool) -> None:
        self._db = db
        self._health = health
        self._clock = clock
        self._make: Callable[[], Awaitable[None]] = self._migrate if migrates else self._look
        self._made = asyncio.Event()
        health.require("storage", "the tables were not seen yet")

    def demand(self) -> None:
        """Raise Failure(UNAVAILABLE, retryable) while the tables are not there."""
        if not self._made.is_set():
            raise Failure(Reason.UNAVAILABLE, "The database is not ready yet.", retryable=True)

    async def made(self) -> None:
        """Return once the tables are there; `prepare` is somebody else's to run."""
        await self._made.wait()

    async def prepare(self) -> None:
        """Return once the tables are there. Raises what a wrong migration raises."""
        backoff = Backoff(first=0.2, cap=2.0, rng=random.Random())  # noqa: S311 - jitter
        while True:
            try:
                await self._make()
            except Failure as failure:
                if not failure.retryable:
                    raise
                self._health.require("storage", failure.message)
                await self._clock.sleep(backoff.next())
            else:
                self._made.set()
                self._health.met("storage")
                return

    async def _migrate(self) -> None:
        await migrate(self._db, VERSIONS, self._clock)

    async def _look(self) -> None:
        """Somebody else migrates: see whether every column that is used is there. Newer ones do not matter."""
        try:
            async with self._db.read() as session:
                for table in TABLES:
                    await session.exec(select(table).limit(0))
        except DBAPIError as error:
            raise Failure(Reason.UNAVAILABLE, "The tables are not migrated yet.", retryable=True) from error
