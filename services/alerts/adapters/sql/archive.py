"""What of the alerts and the deliveries has grown old, in SQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlmodel import col

from chassis.storage.database import Database
from chassis.storage.inbox import prune
from chassis.storage.retention import BATCH, delete_oldest
from services.alerts.adapters.sql.tables import AlertRow, DeliveryRow
from services.alerts.domain.delivery import DeliveryState


class SqlArchive:
    """See Archive."""

    def __init__(self, database: Database, *, batch: int = BATCH) -> None:
        self._database = database
        self._batch = batch

    @asynccontextmanager
    async def cleaning(self) -> AsyncIterator[bool]:
        """See Archive."""
        async with self._database.leader("archive") as leads:
            yield leads

    async def forget_alerts(self, before: datetime) -> int:
        """See Archive."""
        # An unresolved alert has no such time, and so is never before any.
        return await delete_oldest(self._database, AlertRow, col(AlertRow.resolved_at), before, batch=self._batch)

    async def forget_deliveries(self, before: datetime) -> int:
        """See Archive."""
        finished = col(DeliveryRow.state) != DeliveryState.WAITING.value
        age = col(DeliveryRow.created_at)
        return await delete_oldest(self._database, DeliveryRow, age, before, finished, batch=self._batch)

    async def forget_events(self, before: datetime) -> int:
        """See Archive."""
        return await prune(self._database, before=before, batch=self._batch)
