"""Receivers in SQL."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.storage.statements import insert_ignore
from resilience.errors import Failure, Reason
from services.alerts.adapters.sql.tables import ReceiverRow
from services.alerts.domain.receiver import Receiver


class SqlReceivers:
    """See Receivers."""

    def __init__(self, session: AsyncSession, *, lock: bool) -> None:
        self._session = session
        self._lock = lock

    async def find(self, organization: str, receiver_id: str) -> Receiver | None:
        """See Receivers."""
        query = select(ReceiverRow).where(ReceiverRow.organization == organization, ReceiverRow.id == receiver_id)
        row = (await self._session.exec(query.with_for_update() if self._lock else query)).first()
        return None if row is None else row.receiver()

    async def all(self, organization: str) -> Sequence[Receiver]:
        """See Receivers.

        The lock is shared: many transactions may tell the same receivers at once, but none writes a delivery for one
        that is being disabled or deleted, which nobody would ever send.
        """
        query = select(ReceiverRow).where(ReceiverRow.organization == organization).order_by(col(ReceiverRow.id))
        rows = (await self._session.exec(query.with_for_update(read=True) if self._lock else query)).all()
        return [row.receiver() for row in rows]

    async def page(self, organization: str, *, after: str, size: int) -> Sequence[Receiver]:
        """See Receivers."""
        query = (
            select(ReceiverRow)
            .where(ReceiverRow.organization == organization, col(ReceiverRow.id) > after)
            .order_by(col(ReceiverRow.id))
            .limit(size)
        )
        return [row.receiver() for row in (await self._session.exec(query)).all()]

    async def add(self, receiver: Receiver) -> None:
        """See Receivers."""
        if not await insert_ignore(self._session, ReceiverRow, [ReceiverRow.of(receiver).model_dump()]):
            raise Failure(Reason.ALREADY_EXISTS, f"There is a receiver {receiver.id!r} already.")

    async def save(self, receiver: Receiver) -> None:
        """See Receivers."""
        await self._session.merge(ReceiverRow.of(receiver))
        await self._session.flush()

    async def delete(self, receiver: Receiver) -> None:
        """See Receivers."""
        await self._session.exec(
            sa.delete(ReceiverRow).where(
                col(ReceiverRow.organization) == receiver.organization, col(ReceiverRow.id) == receiver.id
            )
        )
