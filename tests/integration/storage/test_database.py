"""Transactions, reads and leadership, the same on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlmodel import col, delete, select

from chassis.storage.database import Database
from chassis.storage.errors import violates_unique
from chassis.storage.statements import insert_ignore
from resilience.errors import Failure, Reason
from tests.integration.storage.things import SCHEMA, Part, Thing, add, count, names


async def test_transaction_is_committed_at_its_end(db: Database) -> None:
    await add(db, "a", "b")
    assert await names(db) == ["a", "b"]


async def test_transaction_whose_body_raises_leaves_nothing(db: Database) -> None:
    async def fail() -> None:
        async with db.transaction() as session:
            session.add(Thing(name="a"))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await names(db) == []


async def test_cancelled_transaction_leaves_nothing_and_blocks_nobody(db: Database) -> None:
    inside = asyncio.Event()

    async def never_ends() -> None:
        async with db.transaction() as session:
            session.add(Thing(name="a"))
            await session.flush()
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await add(db, "b")
    assert await names(db) == ["b"]


async def test_unique_violation_is_left_to_the_caller(db: Database) -> None:
    await add(db, "a")
    with pytest.raises(IntegrityError) as caught:
        await add(db, "a")
    assert violates_unique(caught.value)


async def test_violation_of_a_foreign_key_is_not_taken_for_a_unique_one(db: Database) -> None:
    with pytest.raises(IntegrityError) as caught:
        async with db.transaction() as session:
            session.add(Part(thing_id=404, number=1))
    assert not violates_unique(caught.value)


async def test_foreign_keys_cascade(db: Database) -> None:
    async with db.transaction() as session:
        session.add(Thing(id=1, name="a"))
        await session.flush()
        session.add(Part(thing_id=1, number=1))
    async with db.transaction() as session:
        await session.exec(delete(Thing).where(col(Thing.id) == 1))
    assert await count(db, Part) == 0


async def test_wrong_statement_is_not_taken_for_an_outage(db: Database) -> None:
    with pytest.raises(DBAPIError):
        async with db.read() as session:
            await (await session.connection()).execute(text("SELECT * FROM nowhere"))


async def test_read_cannot_write_and_a_later_transaction_can(db: Database) -> None:
    async def write() -> None:
        async with db.read() as session:
            session.add(Thing(name="a"))
            await session.flush()

    with pytest.raises(DBAPIError):
        await write()
    await add(db, "b")
    assert await names(db) == ["b"]


async def test_read_sees_one_state_throughout(db: Database) -> None:
    await add(db, "a")
    async with db.read() as session:
        before = (await session.exec(select(Thing.name))).all()
        await add(db, "b")
        assert (await session.exec(select(Thing.name))).all() == before
    assert await names(db) == ["a", "b"]


async def test_fifty_writers_that_read_before_they_write_lose_nothing(db: Database, url: str) -> None:
    """Over two databases, as two processes have: on SQLite they share the file and nothing else."""
    async with db.transaction() as session:
        session.add(Thing(id=1, name="counter", size=0))

    async def increment(replica: Database) -> None:
        async with replica.transaction() as session:
            thing = (await session.exec(select(Thing).where(Thing.id == 1).with_for_update())).one()
            thing.size = (thing.size or 0) + 1

    async with Database(url, schema=SCHEMA) as other:
        await asyncio.gather(*(increment((db, other)[n % 2]) for n in range(50)))
    async with db.read() as session:
        assert (await session.exec(select(Thing.size))).one() == 50


async def test_moments_come_back_in_utc(db: Database) -> None:
    moment = datetime(2026, 5, 1, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    async with db.transaction() as session:
        session.add(Thing(name="a", made_at=moment))
    async with db.read() as session:
        made_at = (await session.exec(select(Thing.made_at))).one()
    assert made_at == moment
    assert made_at is not None
    assert made_at.tzinfo is UTC


async def test_moment_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="needs its zone"):
        async with db.transaction() as session:
            session.add(Thing(name="a", made_at=datetime(2026, 5, 1)))  # noqa: DTZ001 - the mistake


async def test_insert_ignore_tells_which_rows_were_new(db: Database) -> None:
    await add(db, "n5", "n700")
    rows = [{"id": 10_000 + n, "name": f"n{n}", "size": n} for n in range(1500)]
    rows.append(rows[-1] | {"id": 20_000})
    async with db.transaction() as session:
        inserted = await insert_ignore(session, Thing, rows)
    assert len(inserted) == 1498
    assert {key for (key,) in inserted} == {10_000 + n for n in range(1500) if n not in (5, 700)}
    assert await count(db, Thing) == 1500


async def test_insert_ignore_of_nothing_is_nothing(db: Database) -> None:
    async with db.transaction() as session:
        assert await insert_ignore(session, Thing, []) == []


async def test_ping_answers(db: Database) -> None:
    await db.ping()


async def test_database_that_cannot_be_reached_is_a_retryable_failure() -> None:
    away = Database("postgresql+asyncpg://seawall:hidden@127.0.0.1:1/seawall", schema=SCHEMA)
    async with away:
        for use in (away.ping(), add(away, "a"), names(away)):
            with pytest.raises(Failure) as caught:
                await use
            assert caught.value.reason is Reason.UNAVAILABLE
            assert caught.value.retryable
            assert "hidden" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "schema"),
    [
        ("sqlite+aiosqlite:///:memory:", "things"),
        ("sqlite:///things.db", "things"),
        ("mysql+aiomysql://localhost/things", "things"),
        ("postgresql+asyncpg://localhost/things", 'things"; DROP'),
    ],
)
def test_unusable_settings_are_refused_at_once(url: str, schema: str) -> None:
    with pytest.raises(ValueError, match=r"SQLite needs|is not a"):
        Database(url, schema=schema)


async def test_sqlite_file_that_cannot_be_made_is_a_retryable_failure() -> None:
    async with Database("sqlite+aiosqlite:////proc/nowhere/things.db", schema=SCHEMA) as away:
        with pytest.raises(Failure) as caught:
            await away.ping()
    assert caught.value.retryable


@pytest.mark.postgres
async def test_statement_that_takes_too_long_is_a_retryable_failure(database: str) -> None:
    async def take_long(db: Database) -> None:
        async with db.transaction() as session:
            connection = await session.connection()
            await connection.execute(text("SET LOCAL statement_timeout = 20"))
            await connection.execute(text("SELECT pg_sleep(30)"))

    async with Database(database, schema=SCHEMA) as db:
        with pytest.raises(Failure) as caught:
            await take_long(db)
    assert caught.value.retryable


@pytest.mark.postgres
async def test_one_replica_leads_and_another_follows_when_it_is_done(database: str) -> None:
    async with Database(database, schema=SCHEMA) as one, Database(database, schema=SCHEMA) as two:
        async with one.leader("work") as first, two.leader("work") as second, two.leader("other work") as unrelated:
            assert (first, second, unrelated) == (True, False, True)
        async with two.leader("work") as next_one:
            assert next_one


@pytest.mark.postgres
async def test_services_in_one_postgres_do_not_share_leadership(database: str) -> None:
    async with (
        Database(database, schema="alerts") as one,
        Database(database, schema="monitor") as two,
        one.leader("work") as first,
        two.leader("work") as second,
    ):
        assert first
        assert second
