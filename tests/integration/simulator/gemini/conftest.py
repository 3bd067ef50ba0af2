"""A simulated vendor of Gemini's dialect, and clients of it on both of Google's surfaces."""

from collections.abc import AsyncIterator

import pytest
from google import genai

from simulator import Simulator, Vendor, VendorSpec
from tests.integration.simulator.clients import Wire
from tests.integration.simulator.gemini.asking import sdk


@pytest.fixture
async def gem() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="gem", dialect="gemini")], seed=1) as running:
        yield running.vendor("gem")


@pytest.fixture(params=["gemini", "vertex"])
def surface(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def google(gem: Vendor, surface: str) -> AsyncIterator[genai.Client]:
    client = sdk(gem, surface)
    yield client
    await client.aio.aclose()
    client.close()


@pytest.fixture
async def socket(gem: Vendor) -> AsyncIterator[Wire]:
    opened = await Wire.open(gem.base_url)
    yield opened
    opened.close()
