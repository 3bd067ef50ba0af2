"""Migrations: each service has its own versions, and all share this way of running them."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import SQLModel

from chassis.storage.database import Database
from chassis.storage.errors import unavailable_told
from chassis.storage.statements import table_of
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from resilience.retry import Backoff

log = structlog.stdlib.get_logger("migrate")

DEADLINE = 60.0
"""Seconds to reach the database and to be the replica whose turn it is."""
STATEMENT_TIMEOUT = 600.0
"""Seconds for one statement of a migration."""

_LOCK_POLL = 0.1
_ALEMBIC = Path(__file__).parent / "alembic"

_one_at_a_time = asyncio.Lock()
"""Alembic keeps the migration that runs in a global of the process."""


async def migrate(
    db: Database, versions: Path, clock: Clock, *, within: float = DEADLINE, revision: str = "head"
) -> None:
    """Bring the tables up to `revision`; the schema is created where it is missing. Replicas take turns.

    `versions` is the directory of the service's migrations. A database that is away is waited for; raises
    Failure(UNAVAILABLE) where it is still away after `within` seconds, and what a wrong migration raises.
    """
    await _run(db, versions, clock, within, lambda config: command.upgrade(config, revision))


async def downgrade(
    db: Database, versions: Path, clock: Clock, *, within: float = DEADLINE, revision: str = "base"
) -> None:
    """Take the tables back to `revision`; see `migrate`."""
    await _run(db, versions, clock, within, lambda config: command.downgrade(config, revision))


async def drift(db: Database, models: Sequence[type[SQLModel]]) -> list[str]:
    """What would have to be done to the migrated tables to make them those of `models`; empty where they are.

    For a service's tests: its migrations and its models say the same.
    """
    wanted = MetaData()
    for model in models:
        table_of(model).to_metadata(wanted)

    def differences(connection: Connection) -> list[str]:
        options = {"include_name": lambda name, kind, _parents: kind != "table" or name in wanted.tables}
        return [repr(diff) for diff in compare_metadata(MigrationContext.configure(connection, opts=options), wanted)]

    with unavailable_told():
        async with db.migration_engine(statement_timeout=STATEMENT_TIMEOUT) as engine, engine.connect() as connection:
            return await connection.run_sync(differences)


def config_of(versions: Path) -> Config:
    """Alembic's configuration for the migrations in `versions`."""
    config = Config()
    config.set_main_option("script_location", _option(_ALEMBIC))
    config.set_main_option("version_locations", _option(versions))
    config.set_main_option("path_separator", "newline")
    return config


async def _run(db: Database, versions: Path, clock: Clock, within: float, step: Callable[[Config], None]) -> None:
    if not versions.is_dir():  # noqa: ASYNC240 - once, at start-up
        raise FileNotFoundError(f"{versions} holds no migrations")
    backoff = Backoff(first=0.2, cap=2.0, rng=random.Random())  # noqa: S311 - jitter
    deadline = clock.monotonic() + within
    waiting = False
    while True:
        try:
            with unavailable_told():
                async with (
                    _one_at_a_time,
                    db.migration_engine(statement_timeout=STATEMENT_TIMEOUT) as engine,
                    _turn(db, engine, clock, deadline),
                    engine.connect() as connection,
                ):
                    await _step(connection, versions, step)
        except Failure as failure:
            wait = backoff.next()
            if not failure.retryable or clock.monotonic() + wait > deadline:
                raise
            if not waiting:
                log.warning("the migration waits for the database", schema=db.schema, cause=failure.message)
                waiting = True
            await clock.sleep(wait)
        else:
            log.info("the tables are as the migrations say", schema=db.schema)
            return


@asynccontextmanager
async def _turn(db: Database, engine: AsyncEngine, clock: Clock, deadline: float) -> AsyncIterator[None]:
    """Be the only replica that migrates. SQLite needs no more than the write lock of the migration itself."""
    if not db.is_postgres:
        yield
        return
    async with engine.connect() as plain:
        # The lock is the connection's, and is asked for again and again outside a transaction: one that waited in a
        # transaction would hold up an index that the leader builds concurrently, and with it itself.
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        lock = text("SELECT pg_try_advisory_lock(:key)").bindparams(key=db.lock_key("migrate"))
        while not await connection.scalar(lock):
            if clock.monotonic() > deadline:
                raise Failure(Reason.UNAVAILABLE, "Another replica is still migrating the tables.", retryable=True)
            await clock.sleep(_LOCK_POLL)
        await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {db.schema}"))
        yield


async def _step(connection: AsyncConnection, versions: Path, step: Callable[[Config], None]) -> None:
    config = config_of(versions)

    def run(sync: Connection) -> None:
        config.attributes["connection"] = sync
        step(config)

    if connection.dialect.name == "sqlite":
        # One transaction, and so one holder of the write lock, from reading the revision to the last migration.
        async with connection.begin():
            await connection.run_sync(run)
    else:
        await connection.run_sync(run)


def _option(path: Path) -> str:
    return str(path).replace("%", "%%")
