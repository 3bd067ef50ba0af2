"""Simulated vendors, the service configured for them, and a client of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator import Simulator, Vendor
from tests.integration.providers.raw_vendor import RawVendor
from tests.integration.providers.service import Client, Configuration, provider, running, serving


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHA_KEY", "sk-alpha-0001")
    monkeypatch.setenv("ALPHA_KEY_2", "sk-alpha-0002")


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(vendors=["alpha", "beta"], seed=1) as running_simulator:
        yield running_simulator


@pytest.fixture
def alpha(sim: Simulator) -> Vendor:
    return sim.vendor("alpha")


@pytest.fixture
def configuration(alpha: Vendor) -> Configuration:
    return Configuration(provider("alpha", alpha.base_url, "env:ALPHA_KEY"))


@pytest.fixture
async def client(configuration: Configuration, tmp_path: Path) -> AsyncIterator[Client]:
    async with serving(configuration) as address, running(address, tmp_path) as opened:
        yield opened


@pytest.fixture
async def raw() -> AsyncIterator[RawVendor]:
    async with RawVendor() as vendor:
        yield vendor


@pytest.fixture
async def client_of_raw(raw: RawVendor, tmp_path: Path) -> AsyncIterator[Client]:
    """A client with the bounds that are the default."""
    configuration = Configuration(provider("alpha", raw.base_url, vendor="openai-compatible"))
    async with serving(configuration) as address, running(address, tmp_path) as opened:
        yield opened


@pytest.fixture
async def raw_client(raw: RawVendor, tmp_path: Path) -> AsyncIterator[Client]:
    configuration = Configuration(provider("alpha", raw.base_url, vendor="openai-compatible"))
    async with (
        serving(configuration) as address,
        running(address, tmp_path, max_response_bytes=100_000, max_event_bytes=10_000) as opened,
    ):
        yield opened
