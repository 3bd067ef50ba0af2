"""Monitor's storage on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.storage.database import Database
from chassis.storage.tables import Tables
from resilience.clock import SystemClock
from services.monitor.adapters.sql.tables import TABLES
from services.monitor.bootstrap import VERSIONS


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'monitor.db'}"
    return str(request.getfixturevalue("database"))


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with Database(url, schema="monitor") as database:
        yield database


@pytest.fixture
async def tables(db: Database) -> Tables:
    """Made, by monitor's migrations."""
    tables = Tables(db, TABLES, VERSIONS, SystemClock(), migrates=True)
    await tables.make()
    return tables
