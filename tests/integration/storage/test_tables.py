"""Whether the tables are there, the same on both databases."""

import pytest
from sqlalchemy import text

from chassis.storage.database import Database
from chassis.storage.inbox import Inbox
from chassis.storage.migrate import downgrade, migrate
from chassis.storage.outbox import Outbox
from chassis.storage.tables import Tables
from resilience.clock import SystemClock
from resilience.errors import Failure, Reason
from tests.integration.storage.things import SCHEMA, VERSIONS, Part, Thing, add, names

CLOCK = SystemClock()
MODELS = (Thing, Part, Outbox, Inbox)


def tables_of(db: Database, *, migrates: bool) -> Tables:
    return Tables(db, MODELS, VERSIONS, CLOCK, migrates=migrates)


async def test_tables_are_demanded_in_vain_until_they_are_made(empty: Database) -> None:
    tables = tables_of(empty, migrates=True)
    with pytest.raises(Failure) as failed:
        tables.demand()
    assert (failed.value.reason, failed.value.retryable) == (Reason.UNAVAILABLE, True)
    await tables.make()
    tables.demand()
    await add(empty, "a")
    assert await names(empty) == ["a"]


async def test_who_does_not_migrate_waits_for_who_does(empty: Database) -> None:
    tables = tables_of(empty, migrates=False)
    for step in (None, "0001"):
        if step:
            await migrate(empty, VERSIONS, CLOCK, revision=step)
        with pytest.raises(Failure, match="not migrated yet") as failed:
            await tables.make()
        assert (failed.value.reason, failed.value.retryable) == (Reason.UNAVAILABLE, True)
        with pytest.raises(Failure):
            tables.demand()
    await tables_of(empty, migrates=True).make()
    await tables.make()
    tables.demand()


async def test_newer_tables_do_for_older_code(db: Database) -> None:
    async with db.transaction() as session:
        await (await session.connection()).execute(text("ALTER TABLE thing ADD COLUMN colour TEXT"))
    tables = tables_of(db, migrates=False)
    await tables.make()
    tables.demand()


async def test_a_database_that_is_away_may_come_back() -> None:
    async with Database("postgresql+asyncpg://seawall@127.0.0.1:1/seawall", schema=SCHEMA) as away:
        with pytest.raises(Failure) as failed:
            await tables_of(away, migrates=False).make()
    assert (failed.value.reason, failed.value.retryable) == (Reason.UNAVAILABLE, True)


async def test_tables_that_were_taken_away_are_made_again(db: Database) -> None:
    await downgrade(db, VERSIONS, CLOCK)
    await tables_of(db, migrates=True).make()
    assert await names(db) == []
