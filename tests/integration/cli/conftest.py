"""One `seawall up` for the tests that only ask it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.cli.seawall import Up, up


@pytest.fixture(name="running", scope="session")
async def _running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Up]:
    directory: Path = tmp_path_factory.mktemp("up") / "data"
    async with up(directory) as running:
        yield running
