"""Vendors that are served by deployments of their own: what befalls one of them befalls no other."""

from collections.abc import AsyncIterator

import pytest

from simulator import Simulator
from tests.e2e.system import System, running_system
from tests.stack.eventually import eventually
from tests.stack.ports import free_port

CLAUDE = "providers-anthropic"
MANIFEST = """
organization: acme
providers:
  - {{name: alpha, vendor: openai-compatible, base_url: "{alpha}", keys: [env:VENDOR_KEY]}}
  - {{name: claude, vendor: anthropic, base_url: "{claude}/v1", keys: [env:CLAUDE_KEY]}}
models:
  - {{name: small, route: {{targets: [{{provider: alpha, model: small}}]}}}}
  - {{name: large, route: {{targets: [{{provider: claude, model: large}}]}}}}
  - {{name: either, route: {{targets: [{{provider: claude, model: large}}, {{provider: alpha, model: small}}]}}}}
projects:
  - name: shop
    keys: [{{name: ci, value: env:CI_KEY, role: owner}}]
"""


def manifest(simulator: Simulator) -> str:
    return MANIFEST.format(**{name: simulator.vendor(name).base_url for name in ("alpha", "claude")})


@pytest.fixture(name="system", scope="module")
async def _system() -> AsyncIterator[System]:
    """A system whose main deployment does not have the key of one vendor, which another serves."""
    address = f"127.0.0.1:{free_port()}"
    told = {"SEAWALL_PROVIDERS_ADDRESSES": f"anthropic={address}"}
    async with running_system(manifest=manifest, environment=told) as system:
        system.add(
            CLAUDE, "providers", SEAWALL_GRPC_ADDRESS=address, SEAWALL_VENDORS="anthropic", CLAUDE_KEY="sk-claude-0001"
        )
        await system.start(CLAUDE)
        yield system


async def target_of(system: System, model: str) -> str:
    """Who answers for a model; why nobody does, where that is so."""
    answer = await system.chat(model=model)
    return answer.headers["x-seawall-target"] if answer.status == 200 else answer.json()["error"]["code"]


async def test_each_vendor_is_asked_where_it_is_served(system: System) -> None:
    assert await target_of(system, "small") == "alpha/small"
    assert await target_of(system, "large") == "claude/large"
    assert system.simulator.vendor("claude").calls[-1].key_suffix == "0001"


async def test_a_deployment_that_is_gone_takes_no_other_vendor_along(system: System) -> None:
    await system.services[CLAUDE].kill()
    try:
        assert await target_of(system, "small") == "alpha/small"
        assert await target_of(system, "large") == "unavailable"
        assert await target_of(system, "either") == "alpha/small"
    finally:
        await system.start(CLAUDE)
    await eventually(lambda: answers(system, "large", "claude/large"))


async def test_its_vendor_is_served_where_all_the_others_are_gone(system: System) -> None:
    await system.services["providers"].kill()
    try:
        assert await target_of(system, "large") == "claude/large"
        assert await target_of(system, "small") == "unavailable"
    finally:
        await system.start("providers")
    await eventually(lambda: answers(system, "small", "alpha/small"))


async def answers(system: System, model: str, target: str) -> bool:
    return await target_of(system, model) == target
