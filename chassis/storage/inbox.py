"""The inbox: an event that arrives again has no second effect."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.retention import in_batches
from chassis.storage.columns import UtcDateTime
from chassis.storage.database import Database
from chassis.storage.operations import Operations
from chassis.storage.retention import BATCH, delete_oldest
from chassis.storage.statements import insert_ignore


class Inbox(SQLModel, table=True):
    """An event whose effect is in the tables. One table in each service's schema."""

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)


def create_inbox(op: Operations) -> None:
    """In a migration: create the table."""
    op.create_table(
        "inbox",
        sa.Column("source", sa.String(), primary_key=True),
        sa.Column("event_id", sa.String(), primary_key=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])


def drop_inbox(op: Operations) -> None:
    """In a migration: drop the table."""
    op.drop_table("inbox")


async def first_time(session: AsyncSession, source: str, event_id: str, now: datetime) -> bool:
    """Whether this event was not seen before; it is from now on, if the session's transaction is committed.

    Where another transaction is at the same event, this one waits for its end.
    """
    row = {"source": source, "event_id": event_id, "received_at": now}
    return bool(await insert_ignore(session, Inbox, [row]))


async def prune(db: Database, *, before: datetime, batch: int = BATCH) -> int:
    """Forget the events received before `before`, in transactions of at most `batch` rows; how many went.

    A long backlog takes more than one call, see `in_batches`. An event that comes again after that has its effect
    again: keep them longer than Kafka keeps its topics.
    """

    async def oldest(before: datetime) -> int:
        return await delete_oldest(db, Inbox, col(Inbox.received_at), before, batch=batch)

    return await in_batches(oldest, before)
