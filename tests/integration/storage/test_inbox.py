"""The inbox, the same on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from chassis.storage.database import Database
from chassis.storage.inbox import Inbox, first_time, prune
from tests.integration.storage.things import SCHEMA, Thing, count, names

NOW = datetime(2026, 5, 1, tzinfo=UTC)


async def receive(db: Database, event_id: str, *, source: str = "/seawall/gateway", now: datetime = NOW) -> bool:
    async with db.transaction() as session:
        return await first_time(session, source, event_id, now)


async def test_event_is_new_once(db: Database) -> None:
    assert await receive(db, "1")
    assert not await receive(db, "1", now=NOW + timedelta(days=1))
    assert await receive(db, "2")


async def test_same_id_of_another_source_is_another_event(db: Database) -> None:
    assert await receive(db, "1")
    assert await receive(db, "1", source="/seawall/monitor")


async def test_event_whose_effect_was_undone_is_new_again(db: Database) -> None:
    async def fail() -> None:
        async with db.transaction() as session:
            assert await first_time(session, "/seawall/gateway", "1", NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await receive(db, "1")


async def test_event_that_arrives_at_twenty_at_once_has_one_effect(db: Database, url: str) -> None:
    async with Database(url, schema=SCHEMA) as other:

        async def handle(replica: Database, number: int) -> None:
            async with replica.transaction() as session:
                if await first_time(session, "/seawall/gateway", "1", NOW):
                    session.add(Thing(name=f"by {number}"))

        await asyncio.gather(*(handle((db, other)[n % 2], n) for n in range(20)))
    assert len(await names(db)) == 1


@pytest.mark.parametrize("batch", [1, 10, 25, 1000])
async def test_pruning_forgets_what_is_older_and_nothing_else(db: Database, batch: int) -> None:
    for age in range(50):
        await receive(db, str(age), now=NOW - timedelta(hours=age))
    assert await prune(db, before=NOW - timedelta(hours=24), batch=batch) == 25
    assert await count(db, Inbox) == 25
    assert not await receive(db, "24")
    assert await receive(db, "25")
