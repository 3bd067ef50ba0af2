"""Names that lead to where nobody may call; and that a call goes to the addresses that were checked alone."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from chassis.addresses import AddressPolicy, read_networks
from chassis.http_url import HttpUrl
from resilience.clock import VirtualClock
from resilience.errors import Reason
from services.providers.adapters.http.authorities import Authorities
from services.providers.adapters.http.connect import Connect
from services.providers.adapters.http.connections import PooledConnections
from services.providers.adapters.http.environment_proxies import EnvironmentProxies
from services.providers.adapters.http.line import FRESH, PAUSE, SETTLED, Line, Lookups
from services.providers.adapters.http.pool import Pool
from services.providers.application.ports import VendorHttp
from services.providers.domain.failure import VendorFailure
from services.providers.settings import Settings
from tests.integration.providers.raw_vendor import RawVendor, whole
from tests.integration.providers.service import Configuration, provider, running, serving
from tests.stack.eventually import eventually
from tests.stack.ports import free_port

HERE, ALSO_HERE, NOBODY = "127.0.0.1", "127.0.0.2", "127.0.0.3"
METADATA = "169.254.169.254"


class Names:
    """Finds what a test says, and counts how often it was asked."""

    def __init__(self) -> None:
        self.found: dict[str, Sequence[str]] = {"vendor.invalid": (HERE,)}
        self.asked = 0

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked += 1
        await asyncio.sleep(0)
        if host not in self.found:
            raise OSError(host)
        return self.found[host]


async def lookups_over() -> None:
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "lookup"))


class World:
    """One provider of a vendor that listens here, by a name that only `names` knows."""

    def __init__(self, vendor: RawVendor) -> None:
        self.vendor = vendor
        self.names = Names()
        self.clock = VirtualClock()
        self.port = vendor.base_url.partition("127.0.0.1:")[2].partition("/")[0]
        self.connections = PooledConnections(
            connect_timeout=5.0,
            max_idle=8,
            clock=self.clock,
            policy=AddressPolicy(read_networks("loopback")),
            resolve=self.names,
            environment=EnvironmentProxies(),
        )
        self.http: VendorHttp = self.connections.open("main", "", "")
        vendor.pieces = [whole(b"{}", b"connection: close")]

    async def call(self, host: str = "vendor.invalid", http: VendorHttp | None = None) -> None:
        response = await (http or self.http).post(f"http://{host}:{self.port}/v1", (), b"{}")
        await response.read(100)
        await response.abandon()

    async def refused(self, host: str = "vendor.invalid", http: VendorHttp | None = None) -> VendorFailure:
        with pytest.raises(VendorFailure) as failed:
            await self.call(host, http)
        assert failed.value.reason is Reason.VENDOR_UNREACHABLE
        return failed.value

    async def looked_up(self, times: int) -> None:
        """Until that many lookups are over."""
        await eventually(lambda: self.names.asked == times)
        await lookups_over()


@pytest.fixture
async def world(raw: RawVendor) -> AsyncIterator[World]:
    made = World(raw)
    async with made.connections:
        yield made


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ((METADATA,), "the address of a cloud's metadata"),
        ((HERE, METADATA), "the address of a cloud's metadata"),
        (("fe80::1%1",), "a link-local address"),
        (("10.0.0.1",), "a private address"),
        (("100.64.0.1",), "a shared address (CGNAT)"),
        (("0.0.0.0",), "no address of one host"),
        (("64:ff9b::a9fe:a9fe",), "the address of a cloud's metadata"),
        (("2002:a9fe:a9fe::1",), "the address of a cloud's metadata"),
        (("::ffff:10.0.0.1",), "a private address"),
    ],
)
async def test_a_name_that_leads_anywhere_that_is_not_allowed_is_refused_without_a_connection(
    world: World, found: Sequence[str], what: str
) -> None:
    world.names.found["vendor.invalid"] = found
    failure = await world.refused()
    assert failure.message == f"Provider 'main' is not called: vendor.invalid leads to {what}, which is not allowed."
    assert not failure.retryable
    assert world.vendor.opened == 0


@pytest.mark.parametrize(
    ("host", "what"),
    [
        (METADATA, "169.254.169.254 is the address of a cloud's metadata, which is not allowed"),
        ("[::ffff:a9fe:a9fe]", "::ffff:a9fe:a9fe is the address of a cloud's metadata, which is not allowed"),
        ("10.0.0.1", "10.0.0.1 is a private address, which is not allowed"),
        ("2130706433", "its base URL is not usable"),
        ("vendor.invalid.", "its base URL is not usable"),
        ("VENDOR.invalid", "its base URL is not usable"),
        ("good.invalid\\@vendor.invalid", "its base URL is not usable"),
    ],
)
async def test_an_address_is_checked_and_what_could_be_read_as_another_host_is_refused(
    world: World, host: str, what: str
) -> None:
    assert (await world.refused(host)).message == f"Provider 'main' is not called: {what}."
    assert (world.vendor.opened, world.names.asked) == (0, 0)


async def test_a_call_goes_to_the_address_that_was_checked_under_the_name_that_was_asked_for(world: World) -> None:
    await world.call()
    assert f"host: vendor.invalid:{world.port}".encode() in world.vendor.heads[0].lower()
    for _ in range(20):
        await world.call()
    assert world.names.asked == 1


async def test_a_name_that_leads_elsewhere_later_is_checked_anew_and_no_call_goes_there(world: World) -> None:
    await world.call()
    world.names.found["vendor.invalid"] = (METADATA,)
    await world.clock.advance(FRESH + 1)
    # It still goes to what was checked: that is where it is pinned.
    await world.call()
    await world.looked_up(2)
    assert "a cloud's metadata" in (await world.refused()).message
    assert world.vendor.opened == 2
    # And it is called again when it leads back.
    world.names.found["vendor.invalid"] = (HERE,)
    assert "a cloud's metadata" in (await world.refused()).message
    await world.clock.advance(PAUSE + 0.1)
    await world.call()


async def test_where_a_proxy_is_is_checked_too_and_so_is_an_address_that_it_is_asked_for(world: World) -> None:
    world.names.found["proxy.invalid"] = ("10.0.0.1",)
    http = world.connections.open("main", f"http://proxy.invalid:{world.port}", "")
    assert "proxy.invalid leads to a private address" in (await world.refused(http=http)).message
    world.names.found["proxy.invalid"] = (HERE,)
    http = world.connections.open("main", f"http://proxy.invalid:{world.port}", "")
    assert "the address of a cloud's metadata" in (await world.refused(METADATA, http)).message
    await world.clock.advance(PAUSE + 0.1)
    await world.call("known-to-the-proxy-alone", http)
    assert world.vendor.heads[0].startswith(b"POST http://known-to-the-proxy-alone:")


async def test_a_call_that_is_to_go_directly_looks_for_no_proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Which proxies there are was said when the service began, and is for it to decide: the address is checked or not.
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    await world.call()
    await world.call("127.0.0.1")
    assert [head.split(b" ")[1] for head in world.vendor.heads] == [b"/v1", b"/v1"]


async def test_calls_that_begin_together_wait_for_one_lookup_and_none_for_another_ones_end(world: World) -> None:
    calls = [asyncio.create_task(world.call()) for _ in range(50)]
    await asyncio.sleep(0)
    calls[0].cancel()
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert done[1:] == [None] * 49
    assert world.names.asked == 1


async def test_a_name_that_is_not_found_any_more_is_called_where_it_was(world: World) -> None:
    await world.call()
    del world.names.found["vendor.invalid"]
    await world.clock.advance(FRESH + 1)
    await world.call()
    await world.looked_up(2)
    await world.call()


async def test_a_name_that_is_not_found_is_asked_for_once_a_second(world: World) -> None:
    for _ in range(10):
        failure = await world.refused("other.invalid")
        assert failure.message == "The vendor could not be reached: its name could not be resolved."
        assert failure.retryable
    assert world.names.asked == 1
    await world.clock.advance(PAUSE + 0.1)
    world.names.found["other.invalid"] = (HERE,)
    await world.call("other.invalid")


async def test_a_host_that_moved_is_called_where_it_is_now(world: World) -> None:
    world.names.found["vendor.invalid"] = (NOBODY,)
    await world.refused()
    world.names.found["vendor.invalid"] = (HERE,)
    await world.clock.advance(PAUSE + 0.1)
    # A call that could not connect has it looked up anew long before the addresses are old.
    with pytest.raises(VendorFailure):
        await world.call()
    await world.looked_up(2)
    await world.call()


async def test_connections_outlive_a_change_that_leaves_some_addresses_as_they_were_for_a_while() -> None:
    names, clock, made = Names(), VirtualClock(), list[set[str]]()
    trusted = Authorities().trusting("")

    def make(addresses: Sequence[str]) -> Pool:
        made.append(set(addresses))
        return Pool(Connect(HttpUrl.read("http://vendor.invalid"), None, addresses, trusted, 1.0), 8, clock)

    policy = AddressPolicy(read_networks("loopback"))

    async def after(seconds: float, *found: str) -> None:
        names.found["vendor.invalid"] = found
        await clock.advance(seconds)
        await line.found()
        await lookups_over()

    def lookup(look_up: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.create_task(look_up, name="lookup")

    line = Line("vendor.invalid", make, Lookups(names, policy, clock, 1.0, lookup), "its name")
    await after(0, HERE, ALSO_HERE)
    first = await line.found()
    await after(FRESH, ALSO_HERE, NOBODY)
    assert await line.found() is first
    await after(SETTLED, ALSO_HERE, NOBODY)
    assert made == [{HERE, ALSO_HERE}, {ALSO_HERE, NOBODY}]
    await after(SETTLED, NOBODY, ALSO_HERE)
    assert len(made) == 2
    # Where none is as it was, there is nothing to keep.
    await after(FRESH, HERE)
    assert made[2:] == [{HERE}]


@pytest.mark.parametrize(
    ("allowed", "answers"), [("private", False), ("10.0.0.0/8", False), ("127.0.0.0/8, ::1/128", True)]
)
async def test_the_service_calls_only_the_networks_that_it_is_told_to(
    raw: RawVendor, tmp_path: Path, allowed: str, answers: bool
) -> None:
    raw.pieces = [
        whole(
            b'{"choices":[{"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}', b"connection: close"
        )
    ]
    url = raw.base_url.replace("127.0.0.1", "localhost")
    configuration = Configuration(
        provider("alpha", url, vendor="openai-compatible"), provider("bare", raw.base_url, vendor="openai-compatible")
    )
    async with serving(configuration) as address, running(address, tmp_path, allowed_networks=allowed) as client:
        told = [await client.call(), await client.call(name="bare")]
    assert [bool(one.answer.body) for one in told] == [answers] * 2
    if not answers:
        assert [(one.failure.message, one.failure.retryable) for one in told] == [
            ("Provider 'alpha' is not called: localhost leads to a loopback address, which is not allowed.", False),
            ("Provider 'bare' is not called: 127.0.0.1 is a loopback address, which is not allowed.", False),
        ]
    assert raw.opened == 2 * answers


def test_a_setting_that_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match="'privat' is neither a network"):
        Settings.model_validate({"allowed_networks": "privat"})
