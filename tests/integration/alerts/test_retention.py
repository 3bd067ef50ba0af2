"""What is over goes once it is old enough, and nothing else does; on both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, col, select, update

from chassis.storage.database import Database
from chassis.storage.inbox import Inbox, first_time
from chassis.storage.outbox import Outbox
from chassis.storage.tables import Tables
from events.health import Verdict
from resilience.clock import SystemClock, VirtualClock
from services.alerts.adapters.sql.archive import SqlArchive
from services.alerts.adapters.sql.tables import TABLES, AlertRow, DeliveryRow
from services.alerts.application.forget import Forget
from services.alerts.bootstrap import VERSIONS
from services.alerts.domain.alert import Kind
from services.alerts.domain.delivery import DeliveryState
from tests.integration.alerts.running import running, verdict
from tests.stack.eventually import eventually
from tests.unit.alerts import values

RETENTION = timedelta(days=90)
BATCH = 10
CLOCK = VirtualClock()
NOW = CLOCK.now()
OLD = NOW - RETENTION - timedelta(seconds=1)
KEPT = NOW - RETENTION + timedelta(seconds=1)


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with Database(url, schema="alerts") as database:
        await Tables(database, (*TABLES, Inbox, Outbox), VERSIONS, SystemClock(), migrates=True).make()
        yield database


def forget(db: Database) -> Forget:
    return Forget(SqlArchive(db, batch=BATCH), CLOCK, retention=RETENTION)


async def add(db: Database, *rows: SQLModel) -> None:
    async with db.transaction() as session:
        session.add_all(rows)


async def ids(db: Database, model: type[AlertRow | DeliveryRow]) -> set[str]:
    async with db.read() as session:
        return set((await session.exec(select(model.id))).all())


def alert(alert_id: str, *, resolved: datetime | None, subject: str = "") -> AlertRow:
    opened = replace(
        values.alert(Kind.TARGET_DOWN), id=alert_id, subject=subject or alert_id, opened_at=OLD - timedelta(days=900)
    )
    return AlertRow.of(opened.resolve("seawall", resolved) if resolved else opened)


def delivery(delivery_id: str, state: DeliveryState, created: datetime) -> DeliveryRow:
    one = replace(values.delivery(delivery_id), state=state, created_at=created)
    return DeliveryRow.of(replace(one, next_try_at=created if state is DeliveryState.WAITING else None), traceparent="")


async def test_alerts_that_were_resolved_long_ago_go_and_unresolved_ones_stay_for_ever(db: Database) -> None:
    gone = 3 * BATCH + 5
    await add(db, *(alert(f"old{number}", resolved=OLD, subject="t") for number in range(gone)))
    acknowledged = alert("acknowledged", resolved=None)
    acknowledged.acknowledged_at, acknowledged.state = OLD, "acknowledged"
    await add(db, alert("new", resolved=KEPT), alert("open", resolved=None), acknowledged)
    assert await forget(db)() == gone
    assert await ids(db, AlertRow) == {"new", "open", "acknowledged"}
    assert await forget(db)() == 0


async def test_deliveries_that_are_finished_go_and_waiting_ones_stay_for_ever(db: Database) -> None:
    finished = (DeliveryState.DELIVERED, DeliveryState.FAILED)
    gone = 3 * BATCH + 5
    await add(db, *(delivery(f"old{number}", finished[number % 2], OLD) for number in range(gone)))
    await add(
        db,
        delivery("new", DeliveryState.DELIVERED, KEPT),
        delivery("given-up", DeliveryState.FAILED, KEPT),
        delivery("waiting", DeliveryState.WAITING, OLD - timedelta(days=900)),
    )
    assert await forget(db)() == gone
    assert await ids(db, DeliveryRow) == {"new", "given-up", "waiting"}


async def test_events_that_were_applied_long_ago_go(db: Database) -> None:
    async with db.transaction() as session:
        for number in range(3 * BATCH + 5):
            await first_time(session, "/seawall/monitor", f"old{number}", OLD)
        await first_time(session, "/seawall/monitor", "new", KEPT)
    assert await forget(db)() == 3 * BATCH + 5
    async with db.read() as session:
        assert (await session.exec(select(Inbox.event_id))).all() == ["new"]


@pytest.mark.postgres
async def test_one_replica_forgets_at_a_time(database: str) -> None:
    async with Database(database, schema="alerts") as one, Database(database, schema="alerts") as other:
        await Tables(one, TABLES, VERSIONS, SystemClock(), migrates=True).make()
        await add(one, alert("old", resolved=OLD))
        async with SqlArchive(other).cleaning() as cleans:
            assert cleans
            assert await forget(one)() == 0
        assert await forget(one)() == 1


@pytest.mark.postgres
async def test_a_delivery_that_is_sent_once_more_meanwhile_stays(database: str) -> None:
    async with Database(database, schema="alerts") as db:
        await Tables(db, TABLES, VERSIONS, SystemClock(), migrates=True).make()
        await add(db, delivery("retried", DeliveryState.FAILED, OLD), delivery("old", DeliveryState.FAILED, OLD))
        async with db.transaction() as session:
            again = {"state": "waiting", "next_try_at": NOW}
            await session.exec(update(DeliveryRow).where(col(DeliveryRow.id) == "retried").values(**again))
            forgetting = asyncio.create_task(forget(db)())

            async def is_held_up() -> bool:
                async with db.read() as watching:
                    held = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                    return bool((await (await watching.connection()).execute(held)).scalar())

            await eventually(is_held_up)
        assert await forgetting == 1
        assert await ids(db, DeliveryRow) == {"retried"}


async def test_a_running_service_forgets_by_itself(db: Database, url: str) -> None:
    long_ago = datetime.now(tz=NOW.tzinfo) - timedelta(days=31)
    await add(db, alert("old", resolved=long_ago), alert("open", resolved=None))
    await add(db, delivery("old", DeliveryState.DELIVERED, long_ago))
    async with running(url, retention_days=30):

        async def gone() -> bool:
            return await ids(db, AlertRow) == {"open"} and not await ids(db, DeliveryRow)

        await eventually(gone)


async def test_a_verdict_that_comes_again_after_its_event_was_forgotten_has_no_effect(db: Database, url: str) -> None:
    """The topic holds the last verdict on a target for ever; who reads it anew years later must not be called."""
    async with running(url) as alerts:
        down = verdict(Verdict.DOWN)
        await alerts.see(down)
        assert len(await alerts.alerts()) == 1
        async with db.transaction() as session:
            await session.exec(update(AlertRow).values(state="resolved", resolved_at=OLD))
        later = Forget(SqlArchive(db), SystemClock(), retention=timedelta(seconds=-1))
        assert await later() == 2
        await alerts.see(down)
        assert await alerts.alerts() == []
