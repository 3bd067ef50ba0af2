"""Whether a service's tables are there: made by the service itself, or awaited where a Job makes them."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, select

from chassis.storage.database import Database
from chassis.storage.migrate import migrate
from resilience.clock import Clock
from resilience.errors import Failure, Reason


class Tables:
    """The tables behind `models`, which the migrations in `versions` make. Once they are there, they stay."""

    def __init__(
        self, db: Database, models: Sequence[type[SQLModel]], versions: Path, clock: Clock, *, migrates: bool
    ) -> None:
        self._db = db
        self._models = models
        self._versions = versions
        self._clock = clock
        self._prepare: Callable[[], Awaitable[None]] = self._migrate if migrates else self._look
        self._made = False

    async def make(self) -> None:
        """Return once the tables are there.

        Raises Failure(UNAVAILABLE, retryable) while the database is away, or while nobody migrated it where that is
        somebody else's to do; and what a wrong migration raises.
        """
        await self._prepare()
        self._made = True

    def demand(self) -> None:
        """Raise Failure(UNAVAILABLE, retryable) while the tables are not there."""
        if not self._made:
            raise Failure(Reason.UNAVAILABLE, "The database is not ready yet.", retryable=True)

    async def _migrate(self) -> None:
        await migrate(self._db, self._versions, self._clock)

    async def _look(self) -> None:
        """See whether every column that is used is there. Newer ones do not matter."""
        try:
            async with self._db.read() as session:
                for model in self._models:
                    await session.exec(select(model).limit(0))
        except DBAPIError as error:
            raise Failure(Reason.UNAVAILABLE, "The tables are not migrated yet.", retryable=True) from error
