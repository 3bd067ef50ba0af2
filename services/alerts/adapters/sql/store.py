"""The store on SQL: a transaction's rows, deliveries and events are kept together or not at all."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.storage.database import Database
from chassis.storage.inbox import first_time
from chassis.storage.outbox import enqueue
from chassis.storage.tables import Tables
from chassis.tracecontext import traceparent
from events.alerts import AlertChanged
from events.cloudevents import Record, encode
from events.topics import ALERTS
from services.alerts import metrics
from services.alerts.adapters.sql.alerts import SqlAlerts, SqlObserved
from services.alerts.adapters.sql.deliveries import SqlDeliveries
from services.alerts.adapters.sql.receivers import SqlReceivers
from services.alerts.application.ports import NewId

SOURCE = "/seawall/alerts"
"""CloudEvents source of what this service tells."""


class SqlWork:
    """See Work."""

    def __init__(self, session: AsyncSession, new_id: NewId, *, lock: bool) -> None:
        self._session = session
        self._new_id = new_id
        self.alerts = SqlAlerts(session, lock=lock)
        self.observed = SqlObserved(session)
        self.receivers = SqlReceivers(session, lock=lock)
        self.deliveries = SqlDeliveries(session, lock=lock)
        self.changes: list[AlertChanged] = []
        self.records: list[Record] = []

    async def first_time(self, source: str, event_id: str, now: datetime) -> bool:
        """See Work."""
        return await first_time(self._session, source, event_id, now)

    def publish(self, change: AlertChanged, now: datetime) -> None:
        """See Work."""
        self.changes.append(change)
        self.records.append(
            encode(
                ALERTS,
                change,
                event_id=self._new_id(),
                source=SOURCE,
                time=now,
                key=change.alert_id,
                traceparent=traceparent() or None,
            )
        )


class SqlStore:
    """See Store. `committed`: called after each transaction, for whoever waits for what it wrote.

    Until its tables are there it is away, like a database that cannot be reached.
    """

    def __init__(
        self, database: Database, tables: Tables, new_id: NewId, *, committed: Sequence[Callable[[], None]] = ()
    ) -> None:
        self._database = database
        self._tables = tables
        self._new_id = new_id
        self._committed = committed

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlWork]:
        """See Store."""
        self._tables.demand()
        async with self._database.transaction() as session:
            work = SqlWork(session, self._new_id, lock=True)
            yield work
            await session.flush()
            if work.records:
                await enqueue(session, *work.records)
        for change in work.changes:
            metrics.changes.add(1, {"kind": change.kind, "state": change.state.value})
        for call in self._committed:
            call()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SqlWork]:
        """See Store."""
        self._tables.demand()
        async with self._database.read() as session:
            yield SqlWork(session, self._new_id, lock=False)
