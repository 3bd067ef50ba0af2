"""Tells trouble with the database from trouble with what it was asked."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from resilience.errors import Failure, Reason

_POSTGRES_UNAVAILABLE = ("08", "40", "53", "57", "58", "25P03", "55P03")
"""SQLSTATE classes and codes that pass by themselves: lost connection, transaction rolled back by the server
(deadlock), out of resources, operator's intervention (shutdown, statement time limit), system error, and the time
limits of an idle transaction and of a lock."""

_SQLITE_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_SQLITE_PRIMARY = 0xFF
"""SQLite's extended error codes keep the primary code in the low byte."""

_POSTGRES_UNIQUE = "23505"
_SQLITE_UNIQUE = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})


@contextmanager
def unavailable_told() -> Iterator[None]:
    """Turn what comes of a database being away, full or too slow into Failure(UNAVAILABLE, retryable).

    Anything else passes as it is: a violated constraint, a wrong statement, the caller's own errors. Inside, do nothing
    but talk to the database: an OSError or TimeoutError is taken to be the database's.
    """
    try:
        yield
    except DBAPIError as error:
        if not _passes(error):
            raise
        raise _unavailable(error.orig or error) from error
    except (PoolTimeoutError, TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # asyncpg's own errors come unwrapped only from connecting: a refused login passes once it is put right.
        raise _unavailable(error) from error


def violates_unique(error: IntegrityError) -> bool:
    """Whether a row with the same unique value exists already."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode in _SQLITE_UNIQUE
    return getattr(cause, "sqlstate", None) == _POSTGRES_UNIQUE


def _passes(error: DBAPIError) -> bool:
    cause = error.orig
    if error.connection_invalidated:
        return True
    if cause is not None and isinstance(cause.__cause__, asyncpg.InvalidCachedStatementError):
        # A table was altered under a statement that was prepared before; SQLAlchemy has forgotten it by now.
        return True
    if isinstance(cause, sqlite3.Error):
        # An error that the driver raises by itself (a closed connection) has no code.
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and code & _SQLITE_PRIMARY in _SQLITE_UNAVAILABLE
    return (getattr(cause, "sqlstate", None) or "").startswith(_POSTGRES_UNAVAILABLE)


def _unavailable(cause: BaseException) -> Failure:
    # Only the kind is told: a driver's message may hold the address, the user or a value.
    return Failure(Reason.UNAVAILABLE, f"The database is not available ({type(cause).__name__}).", retryable=True)
