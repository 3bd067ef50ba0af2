"""The service on a database of each kind, and somebody to tell."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.alerts.running import SECRET, Alerts, running


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is, or will be."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/alerts.db"
    found: str = request.getfixturevalue("database")
    return found


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)


@pytest.fixture
async def alerts(url: str) -> AsyncIterator[Alerts]:
    async with running(url) as service:
        yield service
