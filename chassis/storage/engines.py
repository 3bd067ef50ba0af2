"""Engines for the two databases, set so that what is written above them behaves the same on both."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

CONNECT_TIMEOUT = 5.0
"""Seconds for a new connection; and for one of the pool, or SQLite's write lock, to become free."""
STATEMENT_TIMEOUT = 30.0
"""Seconds for one statement; the server ends it."""
POOL_SIZE = 10

_COMMAND_MARGIN = 5.0
"""Seconds that the client waits longer than the server may take: past that the server is not answering."""
_IDLE_IN_TRANSACTION_TIMEOUT = 120.0
"""Seconds after which PostgreSQL ends a transaction whose client has gone silent, and with it its locks."""
_RECYCLE_AFTER = 1800
"""Seconds after which a connection is made anew."""

_BEGIN = "seawall_begin"
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def make_engine(url: str, *, schema: str) -> AsyncEngine:
    """A pooled engine; nothing is connected yet. Raises ValueError where `url` or `schema` cannot be used."""
    return _engine(url, schema, foreign_keys=True, statement_timeout=STATEMENT_TIMEOUT, pool=AsyncAdaptedQueuePool)


def make_migration_engine(url: str, *, schema: str, statement_timeout: float) -> AsyncEngine:
    """An engine without a pool, for work that takes longer than a service's statements may.

    SQLite's foreign keys are off: altering a table there means to copy and drop it, and the drop would cascade.
    """
    return _engine(url, schema, foreign_keys=False, statement_timeout=statement_timeout, pool=NullPool)


def for_writing(engine: AsyncEngine) -> AsyncEngine:
    """`engine` with transactions that may write; SQLite's take the write lock at their begin.

    One that took it later, after it had read, could not wait for another writer: it would have to fail.
    """
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def for_reading(engine: AsyncEngine) -> AsyncEngine:
    """`engine` with transactions that see one state of the database throughout, and cannot write."""
    options: dict[str, Any] = {_BEGIN: "BEGIN"}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return engine.execution_options(**options)


def _engine(
    url: str, schema: str, *, foreign_keys: bool, statement_timeout: float, pool: type[AsyncAdaptedQueuePool | NullPool]
) -> AsyncEngine:
    if not _SCHEMA.fullmatch(schema):
        raise ValueError(f"{schema!r} is not a schema's name")
    where = make_url(url)
    options: dict[str, Any] = {"poolclass": pool}
    if pool is AsyncAdaptedQueuePool:
        options |= {"pool_size": POOL_SIZE, "max_overflow": 0, "pool_timeout": CONNECT_TIMEOUT}
    match where.drivername:
        case "sqlite+aiosqlite":
            return _sqlite(where, options, foreign_keys=foreign_keys)
        case "postgresql+asyncpg":
            return _postgres(where, options, schema=schema, statement_timeout=statement_timeout)
        case other:
            raise ValueError(f"{other!r} is not a database that can be used: sqlite+aiosqlite or postgresql+asyncpg")


def _postgres(url: URL, options: dict[str, Any], *, schema: str, statement_timeout: float) -> AsyncEngine:
    return create_async_engine(
        url,
        **options,
        pool_pre_ping=True,
        pool_recycle=_RECYCLE_AFTER,
        connect_args={
            "timeout": CONNECT_TIMEOUT,
            "command_timeout": statement_timeout + _COMMAND_MARGIN,
            "server_settings": {
                "application_name": f"seawall-{schema}",
                "search_path": schema,
                "timezone": "UTC",
                "statement_timeout": _milliseconds(statement_timeout),
                "idle_in_transaction_session_timeout": _milliseconds(_IDLE_IN_TRANSACTION_TIMEOUT),
            },
        },
    )


def _sqlite(url: URL, options: dict[str, Any], *, foreign_keys: bool) -> AsyncEngine:
    if not url.database or url.database == ":memory:":
        raise ValueError("SQLite needs a file: connections of a pool do not share one in memory")
    file = Path(url.database)
    engine = create_async_engine(url, **options)

    def make_directory(*_: object) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)

    def set_up(connection: Any, _record: object) -> None:
        # The driver's own transactions begin too late (at the first write): ours are begun by `begin` below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {_milliseconds(CONNECT_TIMEOUT)}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: Connection) -> None:
        statement = connection.get_execution_options()[_BEGIN]
        reads_only = statement == "BEGIN"
        if connection.info.get("reads_only", False) != reads_only:
            connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads_only else 'OFF'}")
            connection.info["reads_only"] = reads_only
        connection.exec_driver_sql(statement)

    event.listen(engine.sync_engine, "do_connect", make_directory)
    event.listen(engine.sync_engine, "connect", set_up)
    event.listen(engine.sync_engine, "begin", begin)
    return engine


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
