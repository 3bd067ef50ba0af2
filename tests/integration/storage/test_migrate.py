"""Migrations, the same on both databases."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.storage.database import Database
from chassis.storage.inbox import Inbox
from chassis.storage.migrate import downgrade, drift, migrate
from chassis.storage.outbox import Outbox
from chassis.storage.revise import revise
from resilience.clock import SystemClock, VirtualClock
from resilience.errors import Failure
from tests.integration.storage.things import SCHEMA, VERSIONS, Part, Thing, add, count, names, tables
from tests.stack.eventually import PATIENCE

CLOCK = SystemClock()
ALL = {"thing", "part", "outbox", "inbox", "alembic_version"}


async def revision(db: Database) -> str:
    async with db.read() as session:
        found: str = (
            await (await session.connection()).execute(text("SELECT version_num FROM alembic_version"))
        ).scalar_one()
    return found


async def test_up_down_up(empty: Database) -> None:
    await migrate(empty, VERSIONS, CLOCK)
    assert await tables(empty) == ALL
    assert await revision(empty) == "0002"
    await downgrade(empty, VERSIONS, CLOCK)
    assert await tables(empty) == {"alembic_version"}
    await migrate(empty, VERSIONS, CLOCK)
    assert await tables(empty) == ALL
    await add(empty, "a")
    assert await names(empty) == ["a"]


async def test_migrating_what_is_migrated_changes_nothing(db: Database) -> None:
    await add(db, "a")
    await migrate(db, VERSIONS, CLOCK)
    assert await names(db) == ["a"]


async def test_altering_a_table_keeps_its_rows_and_those_that_point_at_it(empty: Database) -> None:
    await migrate(empty, VERSIONS, CLOCK, revision="0001")
    async with empty.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("INSERT INTO thing (id, name, size) VALUES (1, 'a', '7')"))
        await connection.execute(text("INSERT INTO part (thing_id, number) VALUES (1, 1)"))
    await migrate(empty, VERSIONS, CLOCK)
    assert await names(empty) == ["a"]
    assert await count(empty, Part) == 1


async def test_migrations_and_models_say_the_same(db: Database) -> None:
    assert await drift(db, [Thing, Part, Outbox, Inbox]) == []


async def test_table_that_no_migration_made_is_drift(empty: Database) -> None:
    await migrate(empty, VERSIONS, CLOCK, revision="0001")
    assert any("made_at" in difference for difference in await drift(empty, [Thing, Part]))
    await downgrade(empty, VERSIONS, CLOCK)
    assert any("add_table" in difference for difference in await drift(empty, [Thing, Part]))


async def test_two_upgrades_at_once_in_one_process(empty: Database, url: str) -> None:
    async with Database(url, schema=SCHEMA) as other:
        await asyncio.gather(migrate(empty, VERSIONS, CLOCK), migrate(other, VERSIONS, CLOCK))
    assert await tables(empty) == ALL


async def test_four_processes_upgrade_at_once(empty: Database, url: str) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from chassis.storage.database import Database;"
        "from chassis.storage.migrate import migrate; from resilience.clock import SystemClock;"
        "print('ready', flush=True); input();"
        "asyncio.run(migrate(Database(sys.argv[1], schema=sys.argv[2]), Path(sys.argv[3]), SystemClock()))"
    )
    replicas = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, url, SCHEMA, str(VERSIONS), stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        for _ in range(4)
    ]
    async with asyncio.timeout(PATIENCE):
        for replica in replicas:
            assert replica.stdout is not None
            assert await replica.stdout.readline() == b"ready\n"
        # Everything is imported: from here on it is a race.
        errors = await asyncio.gather(*(replica.communicate(b"go\n") for replica in replicas))
    assert [replica.returncode for replica in replicas] == [0] * 4, errors
    assert await tables(empty) == ALL
    assert await revision(empty) == "0002"


@pytest.fixture
def wrong_third(tmp_path: Path) -> Path:
    """The sample's migrations, and one more that fails half-way."""
    for version in VERSIONS.glob("*.py"):
        (tmp_path / version.name).write_text(version.read_text())
    (tmp_path / "0003_wrong.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = '0003'\ndown_revision = '0002'\n"
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('id', sa.Integer(), primary_key=True))\n"
        "    op.drop_table('nowhere')\n"
    )
    return tmp_path


async def test_migration_that_fails_leaves_the_tables_as_they_were(db: Database, wrong_third: Path) -> None:
    with pytest.raises(DBAPIError, match="nowhere"):
        await migrate(db, wrong_third, CLOCK)
    assert await tables(db) == ALL
    assert await revision(db) == "0002"


async def test_migrations_before_the_one_that_fails_stay_in_postgres_alone(empty: Database, wrong_third: Path) -> None:
    """PostgreSQL commits each, so that no lock is held over several; SQLite's one write lock is held throughout."""
    with pytest.raises(DBAPIError, match="nowhere"):
        await migrate(empty, wrong_third, CLOCK)
    assert await tables(empty) == (ALL if empty.is_postgres else set())


async def test_directory_that_is_not_there_is_told_at_once(empty: Database) -> None:
    with pytest.raises(FileNotFoundError, match="holds no migrations"):
        await migrate(empty, VERSIONS / "nowhere", VirtualClock())


async def test_database_that_stays_away_is_given_up_at_the_deadline() -> None:
    clock = VirtualClock()
    async with Database("postgresql+asyncpg://seawall@127.0.0.1:1/seawall", schema=SCHEMA) as away:
        attempt = asyncio.create_task(migrate(away, VERSIONS, clock, within=30.0))
        async with asyncio.timeout(PATIENCE):
            while not attempt.done():
                await clock.advance(0.1)
                await asyncio.sleep(0.001)
        with pytest.raises(Failure) as caught:
            await attempt
    assert caught.value.retryable
    assert 25 < clock.monotonic() < 31


async def test_migration_that_was_just_begun_follows_the_last_one_and_must_be_written(
    db: Database, tmp_path: Path
) -> None:
    for version in VERSIONS.glob("*.py"):
        (tmp_path / version.name).write_text(version.read_text())
    begun = revise(tmp_path, "Add a colour")
    assert begun == tmp_path / "0003_add_a_colour.py"
    with pytest.raises(NotImplementedError):
        await migrate(db, tmp_path, CLOCK)
    begun.write_text(begun.read_text().replace("raise NotImplementedError", "pass"))
    await migrate(db, tmp_path, CLOCK)
    assert await revision(db) == "0003"


@pytest.mark.postgres
async def test_altered_table_costs_a_running_service_one_retry_at_most(database: str) -> None:
    """Its connections hold statements that were prepared for the table as it was."""
    async with Database(database, schema=SCHEMA) as running, Database(database, schema=SCHEMA) as migrating:
        await migrate(running, VERSIONS, CLOCK)
        await add(running, "a")
        everything = text("SELECT * FROM thing")
        async with running.read() as session:
            await (await session.connection()).execute(everything)
        async with migrating.transaction() as session:
            await (await session.connection()).execute(text("ALTER TABLE thing ADD COLUMN colour TEXT"))

        async def again() -> None:
            async with running.read() as session:
                await (await session.connection()).execute(everything)

        with pytest.raises(Failure) as caught:
            await again()
        assert caught.value.retryable
        await again()
