"""A simulated vendor of Gemini's dialect, and a client of the service that is configured for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator import Simulator, Vendor, VendorSpec
from tests.integration.providers.service import Client, Configuration, provider, running, serving


@pytest.fixture
async def gem() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="gem", dialect="gemini")], seed=1) as sim:
        yield sim.vendor("gem")


@pytest.fixture
async def gemini(gem: Vendor, tmp_path: Path) -> AsyncIterator[Client]:
    configuration = Configuration(provider("alpha", f"{gem.base_url}/v1beta", "env:ALPHA_KEY", vendor="gemini"))
    async with serving(configuration) as address, running(address, tmp_path) as opened:
        yield opened
