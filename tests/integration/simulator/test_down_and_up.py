"""A vendor that goes down refuses connections, and returns on the same port."""

import asyncio
import socket

import pytest

from simulator import Behaviour, Constant, Hang, Simulator, Vendor, VendorSpec
from tests.integration.simulator.clients import Wire, chat, failing
from tests.stack.eventually import eventually


async def test_down_breaks_open_connections_and_refuses_new_ones(alpha: Vendor, wire: Wire) -> None:
    alpha.set(None, failing(Hang()))
    wire.post(chat())
    await eventually(lambda: alpha.counters()["in_flight"] == 1)
    idle = await Wire.open(alpha.base_url)
    await alpha.down()
    assert await wire.rest() == b""
    assert await idle.rest() == b""
    with pytest.raises(ConnectionRefusedError):
        await Wire.open(alpha.base_url)
    assert (alpha.counters()["open_connections"], alpha.counters()["in_flight"]) == (0, 0)
    assert (alpha.calls[0].outcome, alpha.calls[0].client_left) == ("faulted:down", False)


async def test_down_cuts_a_stream_under_way(alpha: Vendor, wire: Wire) -> None:
    alpha.set(None, Behaviour(between_chunks=Constant(seconds=0.05), answer_tokens=1000))
    wire.post(chat(stream=True))
    await wire.until(b" heard:")
    await alpha.down()
    assert b"[DONE]" not in await wire.rest()
    assert alpha.calls[0].outcome == "faulted:down"


async def test_up_listens_on_the_same_port_with_the_same_behaviour(alpha: Vendor) -> None:
    url = alpha.base_url
    alpha.set(None, Behaviour(answer_tokens=2))
    for _ in range(5):
        await alpha.down()
        await alpha.up()
    assert alpha.base_url == url
    wire = await Wire.open(url)
    wire.post(chat())
    await wire.until(b'"alpha/gpt heard:"')
    wire.close()


async def test_the_port_of_a_vendor_that_is_down_is_kept_for_it(alpha: Vendor) -> None:
    await alpha.down()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", int(alpha.base_url.split(":")[2].split("/")[0])))


async def test_down_and_up_may_be_said_twice(alpha: Vendor) -> None:
    await alpha.up()
    await alpha.down()
    await alpha.down()
    await alpha.up()
    assert alpha.is_up


async def test_one_vendor_down_leaves_the_other_up(sim: Simulator, alpha: Vendor) -> None:
    await alpha.down()
    wire = await Wire.open(sim.vendor("beta").base_url)
    wire.post(chat())
    await wire.until(b"beta/gpt heard:")
    wire.close()


async def test_leaving_the_simulator_gives_its_ports_back_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    async with Simulator(["alpha", "beta"]) as sim:
        urls = [sim.vendor("alpha").base_url, sim.control_url]
        sim.vendor("alpha").set(None, failing(Hang()))
        wire = await Wire.open(urls[0])
        wire.post(chat())
        await eventually(lambda: sim.vendor("alpha").counters()["in_flight"] == 1)
        await sim.vendor("beta").down()
        beta = int(sim.vendor("beta").base_url.split(":")[2].split("/")[0])
    for url in urls:
        with pytest.raises(ConnectionRefusedError):
            await Wire.open(url)
    with socket.socket() as other:
        other.bind(("127.0.0.1", beta))
    assert await wire.rest() == b""
    wire.close()
    await eventually(lambda: asyncio.all_tasks() <= before)


async def test_a_taken_port_is_an_error_and_leaves_nothing_listening(alpha: Vendor) -> None:
    taken = int(alpha.base_url.split(":")[2].split("/")[0])
    failed = Simulator([VendorSpec(name="first"), VendorSpec(name="second", port=taken)])
    with pytest.raises(OSError, match="in use"):
        async with failed:
            pass
    assert not failed.vendor("first").is_up


def test_a_name_given_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        Simulator(["alpha", "alpha"])
