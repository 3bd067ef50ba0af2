"""Alerts, and which observations were applied, in SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.storage.errors import violates_unique
from chassis.storage.statements import table_of
from events.alerts import AlertState
from resilience.errors import Failure, Reason
from services.alerts.adapters.sql.order import before
from services.alerts.adapters.sql.tables import AlertRow, AppliedRow
from services.alerts.application.ports import Position
from services.alerts.domain.alert import Alert, Kind


class SqlAlerts:
    """See Alerts."""

    def __init__(self, session: AsyncSession, *, lock: bool) -> None:
        self._session = session
        self._lock = lock

    async def get(self, organization: str, alert_id: str) -> Alert:
        """See Alerts."""
        query = select(AlertRow).where(AlertRow.organization == organization, AlertRow.id == alert_id)
        row = (await self._session.exec(query.with_for_update() if self._lock else query)).first()
        if row is None:
            raise Failure(Reason.NOT_FOUND, f"There is no alert {alert_id!r}.")
        return row.alert()

    async def unresolved(self, organization: str, subject: str, kinds: Collection[Kind]) -> Sequence[Alert]:
        """See Alerts."""
        query = select(AlertRow).where(
            AlertRow.organization == organization,
            AlertRow.subject == subject,
            col(AlertRow.kind).in_([kind.value for kind in kinds]),
            col(AlertRow.resolved_at).is_(None),
        )
        rows = (await self._session.exec(query.with_for_update() if self._lock else query)).all()
        return [row.alert() for row in rows]

    async def save(self, alert: Alert) -> None:
        """See Alerts."""
        await self._session.merge(AlertRow.of(alert))
        try:
            await self._session.flush()
        except IntegrityError as error:
            if not violates_unique(error):
                raise
            raise Failure(Reason.UNAVAILABLE, "The same alert was opened meanwhile.", retryable=True) from error

    async def page(
        self, organization: str, *, state: AlertState | None, after: Position | None, size: int
    ) -> Sequence[Alert]:
        """See Alerts."""
        query = select(AlertRow).where(AlertRow.organization == organization)
        if state is not None:
            query = query.where(AlertRow.state == state.value)
        if after is not None:
            query = query.where(before(AlertRow.opened_at, AlertRow.id, after))
        query = query.order_by(col(AlertRow.opened_at).desc(), col(AlertRow.id).desc()).limit(size)
        return [row.alert() for row in (await self._session.exec(query)).all()]


class SqlObserved:
    """See Observed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def advance(self, organization: str, subject: str, since: datetime) -> bool:
        """See Observed."""
        connection = await self._session.connection()
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(table_of(AppliedRow)).values(organization=organization, target=subject, since=since)
        remembered = statement.on_conflict_do_update(
            index_elements=["organization", "target"],
            set_={"since": statement.excluded.since},
            where=col(AppliedRow.since) < statement.excluded.since,
        ).returning(col(AppliedRow.target))
        return (await connection.execute(remembered)).first() is not None
