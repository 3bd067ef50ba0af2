"""Deletes what is older than it is kept, a batch at a time: no lock is held for long, and no log grows without end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from chassis.storage.database import Database
from services.monitor.adapters.sql.tables import LedgerRow, SecondRow, TargetRow
from services.monitor.adapters.sql.times import milliseconds

BATCH = 1000
"""Rows deleted in one transaction."""


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
        key = (col(LedgerRow.organization), col(LedgerRow.request_id))
        return await self._forget(LedgerRow, key, col(LedgerRow.finished_ms), milliseconds(before))

    async def forget_seconds(self, before: datetime) -> int:
        """See Archive."""
        return await self._forget(SecondRow, (col(SecondRow.id),), col(SecondRow.second), int(before.timestamp()))

    async def forget_targets(self, before: datetime) -> int:
        """See Archive."""
        key = (col(TargetRow.organization), col(TargetRow.target))
        return await self._forget(TargetRow, key, col(TargetRow.seen_ms), milliseconds(before))

    async def _forget(
        self,
        model: type[Any],
        key: tuple[sa.SQLColumnExpression[Any], ...],
        age: sa.SQLColumnExpression[int],
        before: int,
    ) -> int:
        oldest = sa.select(*key).where(age < before).order_by(age).limit(self._batch)
        async with self._db.transaction() as session:
            return (await session.exec(sa.delete(model).where(sa.tuple_(*key).in_(oldest)))).rowcount
