"""A vendor here and what calls it, on the loop that services run on and on asyncio's own."""

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvloop

from chassis.addresses import AddressPolicy, read_networks
from resilience.clock import VirtualClock
from services.providers.adapters.http.connections import PooledConnections
from services.providers.adapters.http.environment_proxies import EnvironmentProxies
from services.providers.application.ports import VendorHttp
from services.providers.domain.failure import VendorFailure
from tests.integration.providers.go_between import HOST
from tests.integration.providers.http.keeping_vendor import KeepingVendor

MAX_IDLE = 4
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}


async def resolve(host: str) -> list[str]:
    """Every name leads here, but first to where nobody listens."""
    return ["127.0.0.3", HOST]


@dataclass
class Here:
    """`http` calls without a proxy, trusting the system's authorities; `vendor` answers with what it is asked."""

    clock: VirtualClock
    connections: PooledConnections
    http: VendorHttp
    vendor: KeepingVendor

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator["Here"]:
        clock = VirtualClock()
        async with KeepingVendor() as vendor, connections_of(clock) as connections:
            yield cls(clock, connections, connections.open("main", "", ""), vendor)


def connections_of(clock: VirtualClock, connect_timeout: float = 20.0) -> PooledConnections:
    return PooledConnections(
        connect_timeout=connect_timeout,
        max_idle=MAX_IDLE,
        clock=clock,
        policy=AddressPolicy(read_networks("loopback")),
        resolve=resolve,
        environment=EnvironmentProxies(),
    )


def on_both_loops(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run `test` with a world of its own on each loop; all but `here` is pytest's to give."""

    async def in_its_world(arguments: dict[str, Any]) -> None:
        async with Here.opened() as here:
            await test(here, **arguments)

    @functools.wraps(test)
    def run(loop: str, **arguments: Any) -> None:
        with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
            runner.run(in_its_world(arguments))

    given = [parameter for name, parameter in inspect.signature(test).parameters.items() if name != "here"]
    loop = inspect.Parameter("loop", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = inspect.Signature([loop, *given])  # type: ignore[attr-defined] # what pytest reads
    del run.__wrapped__
    decorated: Callable[..., None] = pytest.mark.parametrize("loop", LOOPS)(run)
    return decorated


async def call(http: VendorHttp, url: str, body: bytes = b"{}") -> bytes:
    response = await http.post(url, (), body)
    try:
        return await response.read(1_000_000)
    finally:
        await response.abandon()


async def failure(http: VendorHttp, url: str) -> VendorFailure:
    with pytest.raises(VendorFailure) as failed:
        await call(http, url)
    return failed.value
