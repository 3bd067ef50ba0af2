"""A running simulator, its first vendor, and clients of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from cohere import AsyncClientV2
from openai import AsyncOpenAI

from simulator import Access, Simulator, Vendor, VendorSpec
from tests.integration.simulator import bedrock as aws
from tests.integration.simulator.clients import Wire, anthropic_sdk, sdk
from tests.stack.eventually import PATIENCE


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(vendors=["alpha", "beta"], seed=1) as running:
        yield running


@pytest.fixture
def alpha(sim: Simulator) -> Vendor:
    return sim.vendor("alpha")


@pytest.fixture
async def client(alpha: Vendor) -> AsyncIterator[AsyncOpenAI]:
    async with sdk(alpha) as opened:
        yield opened


@pytest.fixture
async def claude() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="claude", dialect="anthropic")], seed=1) as running:
        yield running.vendor("claude")


@pytest.fixture
async def anthropic(claude: Vendor) -> AsyncIterator[AsyncAnthropic]:
    async with anthropic_sdk(claude) as opened:
        yield opened


@pytest.fixture
async def rock() -> AsyncIterator[Vendor]:
    access = Access(keys=frozenset({f"{aws.ACCESS_KEY}:{aws.SECRET}"}))
    async with Simulator([VendorSpec(name="rock", dialect="bedrock", access=access)], seed=1) as running:
        yield running.vendor("rock")


@pytest.fixture
def bedrock(rock: Vendor) -> Any:
    return aws.boto(rock)


@pytest.fixture
async def command() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="command", dialect="cohere")], seed=1) as running:
        yield running.vendor("command")


@pytest.fixture
async def cohere(command: Vendor) -> AsyncIterator[AsyncClientV2]:
    async with AsyncClientV2(api_key="co-test-1234", base_url=command.base_url, timeout=PATIENCE) as opened:
        yield opened


@pytest.fixture
async def wire(alpha: Vendor) -> AsyncIterator[Wire]:
    opened = await Wire.open(alpha.base_url)
    yield opened
    opened.close()
