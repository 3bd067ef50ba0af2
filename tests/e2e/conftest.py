"""One system for the tests that break nothing."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.system import System, running_system


@pytest.fixture(name="system", scope="session")
async def _system() -> AsyncIterator[System]:
    async with running_system() as system:
        yield system
