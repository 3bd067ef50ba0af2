"""Everything that Seawall runs on is stopped, one at a time, under load; requests are answered throughout."""

import asyncio

import pytest

from tests.e2e.load import load
from tests.e2e.system import System, running_system
from tests.stack.eventually import eventually


async def stop(system: System, what: str) -> None:
    if what in system.services:
        await system.services[what].stop()
    else:
        await getattr(system.stores, what).stop()


async def start(system: System, what: str) -> None:
    if what in system.services:
        await system.start(what)
    else:
        await getattr(system.stores, what).start()


@pytest.mark.timeout(300)
async def test_each_dependency_in_turn_is_lost_and_comes_back() -> None:
    async with running_system() as system:
        everything: set[str] = set()
        for what in ("kafka", "redis", "postgres", "monitor", "alerts", "config"):
            async with load(system, callers=4) as seen:
                await seen.more(50)
                await stop(system, what)
                await seen.more(200)
                await start(system, what)
                await seen.more(50)
            print(f"{what}: {len(seen.answered)} answered, {len(seen.refused)} not")
            assert seen.refused == [], f"while {what} was away"
            everything |= seen.answered
        for service in system.services:
            await system.ready(service)

        async def in_the_ledger() -> bool:
            rows = (await system.rpc("MonitorService/QueryUsage", parent="organizations/-"))["rows"]
            return int(rows[0]["requests"]) == len(everything)

        await eventually(in_the_ledger, within=60, every=0.5)


async def test_the_last_configuration_serves_when_gateway_and_providers_start_without_config() -> None:
    async with running_system() as system:
        await system.services["config"].stop()
        for service in ("gateway", "providers"):
            await system.services[service].stop()
        await system.start("providers", "gateway")
        assert (await system.chat()).status == 200
        await asyncio.sleep(0)
