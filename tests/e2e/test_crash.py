"""Processes are killed in the middle of their work; what was answered is in the ledger once, and nothing else is."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from bench.kills.books import ledger, rows, waiting
from tests.e2e.load import Load, load, once_in_the_ledger
from tests.e2e.system import System, running_system
from tests.stack.eventually import eventually

SHOP = "organizations/-/projects/shop"


def vendor_calls(system: System) -> int:
    return sum(int(str(system.simulator.vendor(name).counters()["calls"])) for name in ("alpha", "beta"))


async def agrees(system: System, seen: Load, before: set[str], *, unsure: int) -> None:
    """Every answered request is in the ledger once, and beyond them at most `unsure`, whose callers were cut off.

    `before`: what was there when they began.
    """
    kept = await once_in_the_ledger(system, seen.answered)
    assert len(kept - before - seen.answered) <= unsure
    assert len(kept) <= vendor_calls(system)


@pytest.fixture(name="system", scope="module")
async def _system() -> AsyncIterator[System]:
    async with running_system() as system:
        yield system


async def test_monitor_is_killed_in_the_middle_of_its_work(system: System) -> None:
    before = set(await ledger(system))
    async with load(system) as seen:
        for _ in range(3):
            await seen.more(150)
            await system.services["monitor"].kill()
            await system.start("monitor")
    await agrees(system, seen, before, unsure=0)
    assert seen.refused == []


async def test_config_is_killed_in_the_middle_of_its_work(system: System) -> None:
    made: set[str] = set()
    revoked: set[str] = set()

    async def change_on(kill: int) -> None:
        for n in itertools.count():
            name = f"k{kill}-{n}"
            try:
                key = {"role": "ROLE_DEVELOPER"}
                await system.rpc("ConfigService/CreateKey", parent=SHOP, keyId=name, key=key)
                made.add(name)
                if n % 2:
                    await system.rpc("ConfigService/RevokeKey", name=f"{SHOP}/keys/{name}")
                    revoked.add(name)
            except AssertionError:
                await asyncio.sleep(0.1)  # config was away: the caller was told so, and may not count on the change

    async with load(system, callers=2) as seen:
        for kill in range(3):
            changing = asyncio.create_task(change_on(kill))
            enough = 10 * (kill + 1)
            await eventually(lambda enough=enough: len(made) >= enough)  # type: ignore[misc]
            await system.services["config"].kill()
            changing.cancel()
            await asyncio.gather(changing, return_exceptions=True)
            await system.start("config")
    assert seen.refused == [], "requests go on without config"

    async def told() -> bool:
        return not await waiting(system)

    await eventually(told)
    stored = {row["name"].rpartition("/")[2]: row for row in await rows(system, "SELECT * FROM config.keys")}
    assert made <= stored.keys(), "what was confirmed is there"
    assert all(stored[key]["revoke_time"] is not None for key in revoked)


async def test_the_gateway_is_killed_while_kafka_is_away(system: System) -> None:
    before = set(await ledger(system))
    callers = 8
    async with load(system, callers=callers) as seen:
        await seen.more(100)
        await system.stores.kafka.stop()
        await seen.more(300)
        for _ in range(2):
            await system.services["gateway"].kill()
            await system.start("gateway")
            await seen.more(100)
    await system.stores.kafka.start()
    # At each kill, a caller may have been cut off between its record and its answer.
    await agrees(system, seen, before, unsure=2 * callers)
    print(f"{len(seen.answered)} answered, {len(await ledger(system))} in the ledger, {len(seen.refused)} cut off")
