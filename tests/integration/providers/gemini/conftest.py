"""A simulated vendor of Gemini's dialect, and a client of the service that is configured for it, on either surface."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator import Simulator, Vendor, VendorSpec
from tests.integration.providers.service import Client, Configuration, provider, running, serving


@pytest.fixture
async def gem() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="gem", dialect="gemini")], seed=1) as sim:
        yield sim.vendor("gem")


@pytest.fixture(params=["gemini", "vertex"])
def vendor(request: pytest.FixtureRequest) -> str:
    """Vertex AI with an API key, which is its express mode."""
    name: str = request.param
    return name


@pytest.fixture
async def gemini(gem: Vendor, vendor: str, tmp_path: Path) -> AsyncIterator[Client]:
    base_url = f"{gem.base_url}/v1beta" if vendor == "gemini" else gem.base_url
    configuration = Configuration(provider("alpha", base_url, "env:ALPHA_KEY", vendor=vendor))
    async with serving(configuration) as address, running(address, tmp_path) as opened:
        yield opened
