"""Replicas that come and go: calls go to the least busy one that takes them, and those under way are finished."""

import asyncio
import contextlib
from collections import Counter

import pytest

from chassis.health import Health
from resilience.errors import Failure, Reason
from services.gateway.adapters.hop import hop as way
from services.gateway.adapters.hop import replicas
from services.gateway.application.ports import Frame
from services.providers.entrypoints.carry import Carried
from tests.integration.hop.replica import EchoVendor, asking, hop_to, raw, read, replica, whole_of
from tests.stack.eventually import eventually
from tests.stack.ports import free_port


@pytest.fixture
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "LOOK_EVERY", 0.05)


async def test_calls_are_spread_by_what_is_under_way() -> None:
    port = free_port()
    busy, idle = EchoVendor(), EchoVendor()
    hosts = ["127.0.0.1"]
    async with (
        replica(f"127.0.0.1:{port}", vendor=busy),
        replica(f"127.0.0.2:{port}", vendor=idle),
        hop_to(f"providers:{port}", hosts=[*hosts, "127.0.0.2"]) as hop,
    ):
        await read(hop, asking(0))
        waiting: list[asyncio.Task[list[Frame]]] = []
        for number in range(1, 41):
            if number % 2:  # taking turns alone would bring all of these to the same one
                waiting.append(asyncio.create_task(read(hop, asking(number, after=60))))
                await eventually(lambda: len(busy.under_way | idle.under_way) == len(waiting), every=0.002)
            else:
                await read(hop, asking(number))
        spread = Counter((len(busy.under_way), len(idle.under_way)))
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert spread == Counter({10: 2})


@pytest.mark.usefixtures("_looks_often")
async def test_a_replica_that_is_new_is_asked_and_one_that_is_gone_finishes() -> None:
    port = free_port()
    old, new = EchoVendor(), EchoVendor()
    hosts = ["127.0.0.1"]
    async with (
        replica(f"127.0.0.1:{port}", vendor=old),
        replica(f"127.0.0.2:{port}", vendor=new),
        hop_to(f"providers:{port}", hosts=hosts) as hop,
    ):
        under_way = asyncio.create_task(read(hop, asking(1, after=1.0)))
        await eventually(lambda: old.under_way == {1})
        hosts[:] = ["127.0.0.2"]

        async def new_is_asked() -> bool:
            task = asyncio.create_task(read(hop, asking(2, after=0.05)))
            await eventually(lambda: bool((old.under_way | new.under_way) & {2}))
            asked = 2 in new.under_way
            await task
            return asked

        await eventually(new_is_asked)
        (frame,) = await under_way
    assert frame.data == whole_of(1)


async def test_a_replica_that_drains_finishes_what_it_has_while_another_is_asked() -> None:
    port = free_port()
    staying = EchoVendor()
    leaving = EchoVendor()
    async with (
        replica(f"127.0.0.2:{port}", vendor=staying),
        hop_to(f"providers:{port}", hosts=["127.0.0.1", "127.0.0.2"]) as hop,
    ):
        async with replica(f"127.0.0.1:{port}", vendor=leaving):

            async def both_are_asked() -> bool:
                tasks = [asyncio.create_task(read(hop, asking(number, after=0.05))) for number in (1, 2)]
                await eventually(lambda: len(leaving.under_way | staying.under_way) == 2)
                both = bool(leaving.under_way and staying.under_way)
                await asyncio.gather(*tasks)
                return both

            await eventually(both_are_asked)
            under_way = [asyncio.create_task(read(hop, asking(number, after=0.5))) for number in range(10, 20)]
            await eventually(lambda: len(leaving.under_way) >= 5)
        # It stopped, having waited for what it had.
        answers = await asyncio.gather(*under_way)
        (frame,) = await read(hop, asking(3))
    assert [frame.data for (frame,) in answers] == [whole_of(number) for number in range(10, 20)]
    assert frame.data == whole_of(3)


@pytest.mark.parametrize("max_age", [0.1, 300.0])
async def test_who_grows_old_or_stops_asks_for_no_more_calls(max_age: float) -> None:
    async with contextlib.AsyncExitStack() as stack:
        running = await stack.enter_async_context(contextlib.AsyncExitStack())
        address = await running.enter_async_context(replica(max_age=max_age))
        gateway = await stack.enter_async_context(raw(address))
        await eventually(lambda: gateway.heard)
        stopping = asyncio.create_task(running.aclose()) if max_age > 1 else None
        await eventually(lambda: gateway.heard[-1].draining)
        gateway.link.close()
        if stopping is not None:
            await stopping


async def test_a_stream_is_renewed_when_it_is_old_and_no_call_notices() -> None:
    async with replica(max_age=0.1) as address, hop_to(address) as hop:
        for number in range(60):
            (frame,) = await read(hop, asking(number, after=0.01))
            assert frame.data == whole_of(number)


@pytest.mark.usefixtures("_looks_often")
async def test_a_replica_that_hangs_is_given_up_though_its_kernel_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    async with replica() as address, hop_to(address) as hop:
        await read(hop, asking(1))
        with monkeypatch.context() as hung:
            hung.setattr(Carried, "heard", lambda *_: None)
            with pytest.raises(Failure) as failed:
                await read(hop, asking(2, timeout=60))
        await eventually(lambda: read(hop, asking(3)))
    assert failed.value.reason is Reason.UNAVAILABLE


async def test_a_replica_that_is_away_is_told_at_once_and_asked_when_it_is_back() -> None:
    port = free_port()
    address = f"127.0.0.1:{port}"
    async with hop_to(address) as hop:
        with pytest.raises(Failure) as away:
            await read(hop, asking(1))
        async with replica(address):

            async def answers() -> bool:
                try:
                    return bool(await read(hop, asking(2)))
                except Failure:
                    return False

            await eventually(answers)
    assert away.value.reason is Reason.UNAVAILABLE
    assert away.value.retryable


async def test_a_gateway_is_ready_when_a_replica_has_taken_a_connection_and_stays_so_without_it() -> None:
    address = f"127.0.0.1:{free_port()}"
    health = Health()
    health.started()
    async with hop_to(address, health=health) as hop:
        with pytest.raises(Failure):
            await read(hop, asking(1))
        assert health.unmet == {"providers": "no replica of providers has taken a connection yet"}
        async with replica(address):
            await eventually(lambda: health.ready)
            await read(hop, asking(2))
        with pytest.raises(Failure):
            await read(hop, asking(3))
        assert health.ready


async def test_a_gateway_whose_replicas_stay_away_is_ready_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way, "READY_WITHOUT", 0.05)
    health = Health()
    health.started()
    async with hop_to(f"127.0.0.1:{free_port()}", health=health):
        assert not health.ready
        await eventually(lambda: health.ready)
