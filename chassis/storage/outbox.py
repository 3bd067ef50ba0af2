"""The transactional outbox: an event is sent if, and only if, the change that it tells of was committed."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.storage.columns import BIG_ID, UtcDateTime
from chassis.storage.database import Database
from chassis.storage.operations import Operations
from chassis.storage.statements import table_of
from events.cloudevents import Record
from resilience.clock import Clock
from resilience.errors import Failure
from resilience.retry import Backoff

log = structlog.stdlib.get_logger("outbox")

POLL_INTERVAL = 0.5
"""Seconds after which the relay looks by itself, for what another replica left."""
BATCH = 500
"""Records read and published at a time."""

_ENQUEUE_LOCK = int.from_bytes(hashlib.sha256(b"outbox").digest()[:4], "big", signed=True)


class Outbox(SQLModel, table=True):
    """A record on its way to Kafka; the row goes when Kafka has it. One table in each service's schema."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    topic: str
    key: bytes
    value: bytes
    headers: dict[str, str] = Field(sa_type=sa.JSON)
    created_at: datetime | None = Field(
        default=None,
        sa_type=UtcDateTime,
        sa_column_kwargs={"server_default": sa.func.now(), "nullable": False},
    )


def create_outbox(op: Operations) -> None:
    """In a migration: create the table."""
    op.create_table(
        "outbox",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=sa.func.now(), nullable=False),
    )


def drop_outbox(op: Operations) -> None:
    """In a migration: drop the table."""
    op.drop_table("outbox")


async def enqueue(session: AsyncSession, *records: Record) -> None:
    """Send `records` once the session's transaction is committed, in the order of the commits.

    Call it last in the transaction: from here to the commit it is the only one of the service that enqueues, because
    numbers given out to two at once could be committed, and so be sent, in the other order.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        # Two keys, one of them the schema's: a database holds one outbox a service, and none waits for another's.
        await connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(:outbox, hashtext(current_schema()))").bindparams(
                outbox=_ENQUEUE_LOCK
            )
        )
    rows = [{"topic": r.topic, "key": r.key, "value": r.value, "headers": dict(r.headers)} for r in records]
    if rows:
        await connection.execute(sa.insert(table_of(Outbox)), rows)


class OutboxRelay:
    """Takes what is committed to Kafka: at least once, in order, by one replica at a time.

    `publish` returns once every record is acknowledged, and raises Failure(retryable) where that is not so: the
    records are then published again, from the first. A replica that dies between the acknowledgement and the delete
    leaves records that are published twice.
    """

    def __init__(
        self,
        db: Database,
        publish: Callable[[Sequence[Record]], Awaitable[None]],
        clock: Clock,
        *,
        rng: random.Random | None = None,
        poll_interval: float = POLL_INTERVAL,
        batch: int = BATCH,
    ) -> None:
        self._db = db
        self._publish = publish
        self._clock = clock
        self._backoff = Backoff(first=0.1, cap=5.0, rng=rng or random.Random())  # noqa: S311 - jitter
        self._poll_interval = poll_interval
        self._batch = batch
        self._nudged = asyncio.Event()
        self._waiting = False

    def nudge(self) -> None:
        """Look now: something was committed."""
        self._nudged.set()

    async def run(self) -> None:
        """Relay until cancelled. Raises what trying again would not put right."""
        while True:
            self._nudged.clear()
            try:
                more = await self._relay()
            except Failure as failure:
                if not failure.retryable:
                    raise
                self._tell(failure)
                await self._clock.sleep(self._backoff.next())
                continue
            self._tell(None)
            self._backoff.reset()
            if not more:
                await self._wait()

    async def _relay(self) -> bool:
        """Publish one batch; whether more may be waiting."""
        if not await self._read(1):
            return False
        async with self._db.leader("outbox") as leads:
            if not leads:
                return False
            # Read again, as the leader: what was seen before may be sent already.
            rows = await self._read(self._batch)
            if rows:
                await self._publish([Record(row.topic, row.key, row.value, row.headers) for row in rows])
                await self._delete([row.id for row in rows])
        return len(rows) == self._batch

    async def _read(self, limit: int) -> Sequence[Outbox]:
        async with self._db.read() as session:
            return (await session.exec(select(Outbox).order_by(col(Outbox.id)).limit(limit))).all()

    async def _delete(self, ids: Sequence[int | None]) -> None:
        async with self._db.transaction() as session:
            await session.exec(sa.delete(Outbox).where(col(Outbox.id).in_(ids)))

    def _tell(self, failure: Failure | None) -> None:
        """Log that sending stopped or goes on again: each once, however often it is tried."""
        if failure is not None and not self._waiting:
            log.warning("the outbox waits", schema=self._db.schema, cause=failure.message)
        elif failure is None and self._waiting:
            log.info("the outbox flows again", schema=self._db.schema)
        self._waiting = failure is not None

    async def _wait(self) -> None:
        poll = asyncio.create_task(self._clock.sleep(self._poll_interval))
        nudge = asyncio.create_task(self._nudged.wait())
        try:
            await asyncio.wait((poll, nudge), return_when=asyncio.FIRST_COMPLETED)
        finally:
            poll.cancel()
            nudge.cancel()
