"""What of the ledger and the statistics has grown old, in SQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlmodel import col

from chassis.storage.database import Database
from chassis.storage.retention import BATCH, delete_oldest
from services.monitor.adapters.sql.tables import BreakerRow, LedgerRow, SecondRow, TargetRow
from services.monitor.adapters.sql.times import milliseconds


class SqlArchive:
    """See Archive."""

    def __init__(self, db: Database, *, batch: int = BATCH) -> None:
        self._db = db
        self._batch = batch

    @asynccontextmanager
    async def cleaning(self) -> AsyncIterator[bool]:
        """See Archive."""
        async with self._db.leader("archive") as leads:
            yield leads

    async def forget_requests(self, before: datetime) -> int:
        """See Archive. Plan and attempts go with their request."""
        age = col(LedgerRow.finished_ms)
        return await delete_oldest(self._db, LedgerRow, age, milliseconds(before), batch=self._batch)

    async def forget_seconds(self, before: datetime) -> int:
        """See Archive."""
        age = col(SecondRow.second)
        return await delete_oldest(self._db, SecondRow, age, int(before.timestamp()), batch=self._batch)

    async def forget_breakers(self, before: datetime) -> int:
        """See Archive."""
        age = col(BreakerRow.counts_until_ms)
        return await delete_oldest(self._db, BreakerRow, age, milliseconds(before), batch=self._batch)

    async def forget_targets(self, before: datetime) -> int:
        """See Archive."""
        age = col(TargetRow.seen_ms)
        return await delete_oldest(self._db, TargetRow, age, milliseconds(before), batch=self._batch)
