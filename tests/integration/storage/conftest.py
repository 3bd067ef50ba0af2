"""A migrated database of each kind: what is written for one holds for the other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.storage.database import Database
from chassis.storage.migrate import migrate
from resilience.clock import SystemClock
from tests.integration.storage.things import SCHEMA, VERSIONS


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is, or will be."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/not/there/yet/things.db"
    found: str = request.getfixturevalue("database")
    return found


@pytest.fixture
async def empty(url: str) -> AsyncIterator[Database]:
    async with Database(url, schema=SCHEMA) as opened:
        yield opened


@pytest.fixture
async def db(empty: Database) -> Database:
    await migrate(empty, VERSIONS, SystemClock())
    return empty
