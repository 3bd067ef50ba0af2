"""Several gateways know what is set, and what each found out of a target; without Kafka each finds out for itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.site import manifest
from simulator import Behaviour, ErrorStatus
from tests.e2e.system import System, running_system
from tests.stack.eventually import eventually

SHOP = "organizations/-/projects/shop"
FIRST, SECOND, THIRD = "gateway", "second", "third"
BROKEN = Behaviour(faults=(ErrorStatus(status=500),))
TARGETS = {model: [{"provider": name, "model": model} for name in ("alpha", "beta")] for model in ("small", "large")}


@pytest.fixture(name="system", scope="module")
async def _system() -> AsyncIterator[System]:
    """A system of two gateways; what stops Kafka for good comes last."""
    written = manifest({model: {"targets": targets} for model, targets in TARGETS.items()})
    async with running_system(manifest=written) as system:
        system.add(SECOND, "gateway")
        await system.start(SECOND)
        yield system


async def counted(system: System, gateway: str, metric: str, target: str) -> bool:
    """Whether this gateway has counted that `target` is to be left alone."""
    page = (await system.get(system.http(gateway) + "/metrics")).body.decode()
    lines = [line for line in page.splitlines() if line.startswith(metric)]
    return any(f'target="{target}"' in line and 'state="open"' in line for line in lines)


async def opened(system: System, gateway: str, target: str) -> bool:
    """Whether a breaker of this gateway for `target` has opened, by itself or as it was told."""
    return await counted(system, gateway, "seawall_gateway_breaker_transitions", target)


async def told(system: System, gateway: str, target: str) -> bool:
    """Whether this gateway, which may not have asked `target` yet, was told that it fails."""
    return await counted(system, gateway, "seawall_gateway_breaker_told", target)


@asynccontextmanager
async def asking(system: System, gateway: str, model: str) -> AsyncIterator[None]:
    """This gateway is asked all the time, so that its breakers are probed and open again, for longer each time."""

    async def ask() -> None:
        while True:
            await system.chat(gateway=gateway, model=model)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(ask())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def avoids_alpha(system: System, gateway: str, model: str) -> bool:
    """Whether the next answer is beta's at once, because alpha's breaker is open."""
    answer = await system.chat(gateway=gateway, model=model)
    assert answer.status == 200
    if answer.headers["x-seawall-attempts"] != "1":
        return False
    plan = (await system.request(answer.headers["x-seawall-request-id"], within=30))["plan"]
    return plan[0]["target"] == f"beta/{model}" and "its breaker is open" in plan[1]["explanation"]


async def test_a_breaker_that_one_gateway_opens_is_open_in_all_and_each_goes_by_itself_without_kafka(
    system: System,
) -> None:
    for gateway in (FIRST, SECOND):
        assert (await system.chat(gateway=gateway, model="small")).headers["x-seawall-target"] == "alpha/small"
    alpha = system.simulator.vendor("alpha")

    alpha.set("small", BROKEN)
    async with asking(system, FIRST, "small"):
        await eventually(lambda: opened(system, FIRST, "alpha/small"), every=0.005)
        open_at = time.monotonic()
        await eventually(lambda: opened(system, SECOND, "alpha/small"), every=0.005)
        later = (time.monotonic() - open_at) * 1000
        print(f"a breaker that one gateway opened was open in the other {later:.0f} ms later")
        await eventually(lambda: avoids_alpha(system, SECOND, "small"))

        system.add(THIRD, "gateway")
        await system.start(THIRD)
        ready_at = time.monotonic()
        await eventually(lambda: told(system, THIRD, "alpha/small"), every=0.005)
        print(f"a later gateway knew it {(time.monotonic() - ready_at) * 1000:.0f} ms after it was ready")
        # By itself it would have to fail five times; what it was told may end in between, with one that probes.
        assert any([await avoids_alpha(system, THIRD, "small") for _ in range(2)])

    await system.stores.kafka.stop()
    alpha.set("large", BROKEN)
    async with asking(system, FIRST, "large"):
        await eventually(lambda: opened(system, FIRST, "alpha/large"))
        answer = await system.chat(gateway=SECOND, model="large")
        assert answer.headers["x-seawall-target"] == "beta/large"
        assert int(answer.headers["x-seawall-attempts"]) > 1, "it had to find out for itself"
        assert not await opened(system, SECOND, "alpha/large")

        await system.stores.kafka.start()
        back_at = time.monotonic()
        await eventually(lambda: opened(system, SECOND, "alpha/large"))
        print(f"what was found without Kafka was shared {time.monotonic() - back_at:.1f} s after it was back")
        await eventually(lambda: avoids_alpha(system, SECOND, "large"))


async def test_a_revoked_key_is_refused_by_every_gateway_with_kafka_and_without(system: System) -> None:
    for what, name in (("Kafka", "k1"), ("no Kafka", "k2")):
        made = await system.rpc("ConfigService/CreateKey", parent=SHOP, keyId=name, key={"role": "ROLE_DEVELOPER"})
        await everywhere(system, made["secret"], 200)
        await system.rpc("ConfigService/RevokeKey", name=f"{SHOP}/keys/{name}")
        revoked = time.monotonic()
        await everywhere(system, made["secret"], 401)
        print(f"with {what} the key was refused everywhere {time.monotonic() - revoked:.2f} s after its revocation")
        await system.stores.kafka.stop()


async def everywhere(system: System, key: str, status: int) -> None:
    """Wait until both gateways answer `key` with `status`."""

    async def check() -> bool:
        told = [(await system.chat(gateway=name, key=key, model="small")).status for name in (FIRST, SECOND)]
        return told == [status, status]

    await eventually(check)
