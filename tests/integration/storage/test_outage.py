"""What happens when PostgreSQL goes away and comes back, on a server of the test's own."""

import asyncio
from collections.abc import Sequence

import pytest

from chassis.storage.database import Database
from chassis.storage.migrate import migrate
from chassis.storage.outbox import OutboxRelay, enqueue
from chassis.tasks import Background
from events.cloudevents import Record
from resilience.clock import SystemClock
from resilience.errors import Failure, Reason
from tests.integration.storage.things import SCHEMA, VERSIONS, Thing, add, names
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.postgres import Postgres

pytestmark = pytest.mark.postgres


async def test_database_that_was_killed_is_told_and_found_again(private_postgres: Postgres) -> None:
    async with Database(private_postgres.url, schema=SCHEMA) as db:
        await migrate(db, VERSIONS, SystemClock())
        await asyncio.gather(*(add(db, f"before {n}") for n in range(8)))

        await private_postgres.kill()
        for _ in range(3):
            for use in (add(db, "during"), names(db), db.ping()):
                with pytest.raises(Failure) as caught:
                    await use
                assert caught.value.reason is Reason.UNAVAILABLE
                assert caught.value.retryable

        await private_postgres.start()
        await db.ping()
        await add(db, "after")
        assert await names(db) == ["after", *(f"before {n}" for n in range(8))]


async def test_first_use_after_a_restart_succeeds(private_postgres: Postgres) -> None:
    """The pool is full of connections to a server that is gone; nobody used them meanwhile."""
    async with Database(private_postgres.url, schema=SCHEMA) as db:
        await migrate(db, VERSIONS, SystemClock())
        await asyncio.gather(*(add(db, f"before {n}") for n in range(8)))
        await private_postgres.stop()
        await private_postgres.start()
        await add(db, "after")
        assert len(await names(db)) == 9


async def test_transaction_under_way_when_the_server_is_killed_is_a_retryable_failure(
    private_postgres: Postgres,
) -> None:
    async with Database(private_postgres.url, schema=SCHEMA) as db:
        await migrate(db, VERSIONS, SystemClock())

        async def interrupted() -> None:
            async with db.transaction() as session:
                session.add(Thing(name="half"))
                await session.flush()
                await private_postgres.kill()
                session.add(Thing(name="whole"))

        with pytest.raises(Failure) as caught:
            await interrupted()
        assert caught.value.retryable
        await private_postgres.start()
        assert await names(db) == []


async def test_migration_waits_for_a_database_that_starts_later(private_postgres: Postgres) -> None:
    await private_postgres.stop()
    async with Database(private_postgres.url, schema=SCHEMA) as db:
        migration = asyncio.create_task(migrate(db, VERSIONS, SystemClock(), within=60))
        done, _ = await asyncio.wait({migration}, timeout=0.5)
        assert not done
        await private_postgres.start()
        async with asyncio.timeout(PATIENCE):
            await migration
        assert await names(db) == []


async def test_relay_survives_the_outage_and_loses_nothing(private_postgres: Postgres) -> None:
    sent: list[int] = []

    async def publish(records: Sequence[Record]) -> None:
        sent.extend(int(record.value) for record in records)

    async def send(number: int) -> None:
        async with db.transaction() as session:
            await enqueue(session, Record("seawall.test.v1", b"k", str(number).encode(), {}))

    async with Database(private_postgres.url, schema=SCHEMA) as db, Background() as background:
        await migrate(db, VERSIONS, SystemClock())
        background.start("relay", OutboxRelay(db, publish, SystemClock(), poll_interval=0.05).run)
        await send(1)
        await eventually(lambda: sent == [1])
        await private_postgres.kill()
        with pytest.raises(Failure):
            await send(2)
        await private_postgres.start()
        await send(3)
        await eventually(lambda: 3 in sent)
        assert sorted(set(sent)) == [1, 3]
        assert not background.failed.is_set()
