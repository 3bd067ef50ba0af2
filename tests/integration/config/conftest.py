"""The service on a database of each kind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis import keys
from tests.integration.config.running import ADMIN, MANIFEST, STRANGER, Config, running


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is, or will be."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/config.db"
    found: str = request.getfixturevalue("database")
    return found


@pytest.fixture(autouse=True)
def shop_key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key that the manifest refers to."""
    key = keys.generate()
    monkeypatch.setenv("SHOP_KEY", key)
    return key


@pytest.fixture(name="config")
async def _config(url: str) -> AsyncIterator[Config]:
    """The service, empty."""
    async with running(url) as config:
        yield config


@pytest.fixture(name="acme")
async def _acme(config: Config, tmp_path: Path) -> Config:
    """The service with the manifest applied."""
    await config.apply()
    return config


@pytest.fixture(scope="module")
async def acme_and_other(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Config]:
    """A service that two organizations use, each with the manifest's resources."""
    file = tmp_path_factory.mktemp("config") / "config.db"
    with pytest.MonkeyPatch.context() as environment:
        async with running(f"sqlite+aiosqlite:///{file}") as config:
            for principal in (ADMIN, STRANGER):
                environment.setenv("SHOP_KEY", keys.generate())
                manifest = MANIFEST.replace("organization: acme", f"organization: {principal.organization}")
                await config.apply(manifest, key=principal)
            yield config
