"""A change in the making on SQL: rows, version, audit records and events are kept together or not at all."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.storage.outbox import enqueue
from chassis.tracecontext import traceparent
from events.cloudevents import encode
from events.config import ConfigChanged
from events.topics import CONFIG
from services.config.adapters.sql.tables import ROWS, AuditRow, KeyRow, StateRow
from services.config.domain.changes import Change
from services.config.domain.configuration import Configuration
from services.config.domain.names import organization_of

T = TypeVar("T")

SOURCE = "/seawall/config"
"""CloudEvents source of what this service tells."""

_BATCH = 500
"""Values in one statement: SQLite takes some thousands of parameters, PostgreSQL 32,767."""


class SqlTransaction:
    """See Transaction. `version` is the one in force, whose row this transaction has locked."""

    def __init__(self, session: AsyncSession, version: int) -> None:
        self._session = session
        self._version = version

    async def configuration(self, organization: str) -> Configuration:
        """See Transaction."""
        rows = [
            row
            for table in ROWS.values()
            for row in (await self._session.exec(select(table).where(col(table.organization) == organization))).all()
        ]
        return Configuration.of(row.resource() for row in rows)

    async def holders(self, digests: Collection[bytes]) -> Mapping[bytes, str]:
        """See Transaction."""
        found: dict[bytes, str] = {}
        for batch in _batches(list(digests)):
            holders = select(KeyRow.digest, KeyRow.name).where(col(KeyRow.digest).in_(batch))
            found |= dict((await self._session.exec(holders)).all())
        return found

    async def version(self) -> int:
        """See Transaction."""
        return self._version

    async def keep(self, changes: Sequence[Change], *, actor: str, time: datetime) -> int:
        """See Transaction."""
        version = self._version + 1
        await self._replace(changes)
        await self._session.exec(sa.update(StateRow).values(version=version))
        self._session.add_all(
            AuditRow(
                organization=organization_of(change.resource),
                time=time,
                actor=actor,
                action=change.action.value,
                resource=change.resource,
                version=version,
            )
            for change in changes
        )
        await self._session.flush()
        events = [
            ConfigChanged(
                organization=organization_of(change.resource),
                resource=change.resource,
                action=change.action,
                version=version,
                actor=actor,
            )
            for change in changes
        ]
        await enqueue(
            self._session,
            *(
                encode(
                    CONFIG,
                    event,
                    event_id=f"{version}-{number}",
                    source=SOURCE,
                    time=time,
                    key=event.resource,
                    traceparent=traceparent(),
                )
                for number, event in enumerate(events, start=1)
            ),
        )
        return version

    async def _replace(self, changes: Sequence[Change]) -> None:
        """Take out every row that changes before any is put in, so that two keys may swap a unique digest."""
        # Rows that were read for the configuration must not be taken for those that take their place.
        self._session.expunge_all()
        for kind, row in ROWS.items():
            gone = [change.before.name for change in changes if isinstance(change.before, kind)]
            for batch in _batches(gone):
                await self._session.exec(sa.delete(row).where(col(row.name).in_(batch)))
        for kind, row in ROWS.items():
            self._session.add_all(row.of(change.after) for change in changes if isinstance(change.after, kind))
        await self._session.flush()


def _batches(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[start : start + _BATCH] for start in range(0, len(values), _BATCH)]
