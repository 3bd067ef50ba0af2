"""Deliveries in SQL: the log, and the queue with its claims."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.tracecontext import traceparent
from resilience.errors import Failure, Reason
from services.alerts.adapters.sql.order import before
from services.alerts.adapters.sql.tables import DeliveryRow, ReceiverRow
from services.alerts.application.ports import Position
from services.alerts.domain.delivery import Delivery, DeliveryState
from services.alerts.domain.lanes import Key
from services.alerts.domain.receiver import Receiver

_WAITING = DeliveryState.WAITING.value


class SqlDeliveries:
    """See Deliveries."""

    def __init__(self, session: AsyncSession, *, lock: bool) -> None:
        self._session = session
        self._lock = lock

    async def get(self, organization: str, delivery_id: str) -> Delivery:
        """See Deliveries."""
        query = select(DeliveryRow).where(DeliveryRow.organization == organization, DeliveryRow.id == delivery_id)
        row = (await self._session.exec(query.with_for_update() if self._lock else query)).first()
        if row is None:
            raise Failure(Reason.NOT_FOUND, f"There is no delivery {delivery_id!r}.")
        return row.delivery()

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """See Deliveries."""
        trace = traceparent()
        self._session.add_all(DeliveryRow.of(delivery, traceparent=trace) for delivery in deliveries)
        await self._session.flush()

    async def save(self, delivery: Delivery, *, end_claim: bool = False) -> None:
        """See Deliveries."""
        values = {
            "state": delivery.state.value,
            "tries": delivery.tries,
            "next_try_at": delivery.next_try_at,
            "last_status": delivery.last_status,
            "last_error": delivery.last_error,
        } | ({"claimed_until": None} if end_claim else {})
        await self._session.exec(sa.update(DeliveryRow).where(col(DeliveryRow.id) == delivery.id).values(**values))

    async def give_up(self, organization: str, receiver_id: str, why: str) -> None:
        """See Deliveries."""
        await self._session.exec(
            sa.update(DeliveryRow)
            .where(
                col(DeliveryRow.organization) == organization,
                col(DeliveryRow.receiver) == receiver_id,
                col(DeliveryRow.state) == _WAITING,
            )
            .values(state=DeliveryState.FAILED.value, next_try_at=None, last_error=why)
        )

    async def due(
        self, now: datetime, *, per_receiver: int, without: Collection[Key], most: int
    ) -> Sequence[tuple[Delivery, Receiver]]:
        """See Deliveries."""
        turn = sa.func.row_number().over(
            partition_by=(col(DeliveryRow.organization), col(DeliveryRow.receiver)),
            order_by=(col(DeliveryRow.next_try_at), col(DeliveryRow.id)),
        )
        free = select(DeliveryRow, turn.label("turn")).where(_is_free(now))
        if without:
            free = free.where(
                sa.tuple_(col(DeliveryRow.organization), col(DeliveryRow.receiver)).not_in(sorted(without))
            )
        numbered = free.subquery()
        due = aliased(DeliveryRow, numbered)
        query = (
            select(due, ReceiverRow)
            .join(
                ReceiverRow,
                sa.and_(
                    col(ReceiverRow.organization) == col(due.organization), col(ReceiverRow.id) == col(due.receiver)
                ),
            )
            .where(numbered.c.turn <= per_receiver, col(ReceiverRow.disabled).is_(False))
            .order_by(col(due.next_try_at), col(due.id))
            .limit(most)
        )
        rows = (await self._session.exec(query)).all()
        return [(delivery.delivery(), receiver.receiver()) for delivery, receiver in rows]

    async def waiting(self) -> int:
        """See Deliveries."""
        query = select(sa.func.count()).select_from(DeliveryRow).where(col(DeliveryRow.state) == _WAITING)
        return (await self._session.exec(query)).one()

    async def claim(self, ids: Collection[str], now: datetime, until: datetime) -> frozenset[str]:
        """See Deliveries."""
        # A second replica's update waits for the first one's commit and then looks at the row anew: it is claimed.
        claim = (
            sa.update(DeliveryRow)
            .where(col(DeliveryRow.id).in_(sorted(ids)), _is_free(now))
            .values(claimed_until=until)
            .returning(col(DeliveryRow.id))
            .execution_options(synchronize_session=False)
        )
        connection = await self._session.connection()
        return frozenset((await connection.execute(claim)).scalars())

    async def page(
        self, organization: str, *, receiver: str, state: DeliveryState | None, after: Position | None, size: int
    ) -> Sequence[Delivery]:
        """See Deliveries."""
        query = select(DeliveryRow).where(DeliveryRow.organization == organization)
        if receiver:
            query = query.where(DeliveryRow.receiver == receiver)
        if state is not None:
            query = query.where(DeliveryRow.state == state.value)
        if after is not None:
            query = query.where(before(DeliveryRow.created_at, DeliveryRow.id, after))
        query = query.order_by(col(DeliveryRow.created_at).desc(), col(DeliveryRow.id).desc()).limit(size)
        return [row.delivery() for row in (await self._session.exec(query)).all()]

    async def last_of(self, organization: str, receivers: Collection[str]) -> dict[str, Delivery]:
        """See Deliveries."""
        turn = sa.func.row_number().over(
            partition_by=col(DeliveryRow.receiver),
            order_by=(col(DeliveryRow.created_at).desc(), col(DeliveryRow.id).desc()),
        )
        numbered = (
            select(DeliveryRow, turn.label("turn"))
            .where(DeliveryRow.organization == organization, col(DeliveryRow.receiver).in_(sorted(receivers)))
            .subquery()
        )
        last = aliased(DeliveryRow, numbered)
        rows = (await self._session.exec(select(last).where(numbered.c.turn == 1))).all()
        return {row.receiver: row.delivery() for row in rows}


def _is_free(now: datetime) -> sa.ColumnElement[bool]:
    claimed_until = col(DeliveryRow.claimed_until)
    return sa.and_(
        col(DeliveryRow.state) == _WAITING,
        col(DeliveryRow.next_try_at) <= now,
        sa.or_(claimed_until.is_(None), claimed_until <= now),
    )
