"""How calls travel: by a proxy, trusting a private authority, with headers of the operator's; and how that changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog

from resilience.errors import Reason
from seawall.config.v1.resources_pb2 import Header, Provider
from simulator import Behaviour, Constant, Vendor
from tests.integration.providers.go_between import Authority, HttpProxy, tls_before
from tests.integration.providers.raw_vendor import RawVendor, whole
from tests.integration.providers.service import Client, Configuration, provider, running, serving
from tests.stack.eventually import eventually
from tests.stack.ports import free_port

ANSWER = whole(
    b'{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}', b"connection: close"
)


def going(
    vendor: Vendor, *, url: str = "", proxy: str = "", ca: str = "", headers: tuple[tuple[str, str], ...] = ()
) -> Provider:
    made = provider("alpha", url or vendor.base_url, "env:ALPHA_KEY")
    made.proxy, made.ca = proxy, ca
    made.headers.extend(Header(name=name, value=value) for name, value in headers)
    return made


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as entered:
        yield entered


async def client_of(stack: AsyncExitStack, directory: Path, *providers: Provider, **settings: Any) -> Client:
    address = await stack.enter_async_context(serving(Configuration(*providers)))
    return await stack.enter_async_context(running(address, directory, **settings))


async def test_calls_go_by_the_providers_proxy(alpha: Vendor, stack: AsyncExitStack, tmp_path: Path) -> None:
    proxy = await stack.enter_async_context(HttpProxy())
    client = await client_of(stack, tmp_path, going(alpha, proxy=f"http://{proxy.address}"))
    assert (await client.call()).answer.body
    assert (await client.frames())[-1].end
    assert set(proxy.targets) == {alpha.url.removeprefix("http://")}


async def test_a_tunnel_hides_the_call_from_the_proxy_which_may_want_credentials(
    alpha: Vendor, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = await stack.enter_async_context(HttpProxy("seawall:pass@word"))
    authority = Authority()
    # Only the proxy knows where the name leads.
    port = await stack.enter_async_context(tls_before(alpha.url, authority.context("vendor.invalid", tmp_path)))
    monkeypatch.setenv("PROXY", f"http://seawall:pass%40word@{proxy.address}")
    monkeypatch.setenv("CA", authority.pem)
    client = await client_of(
        stack, tmp_path, going(alpha, url=f"https://vendor.invalid:{port}/v1", proxy="env:PROXY", ca="env:CA")
    )
    assert (await client.call()).answer.body
    assert proxy.targets == [f"vendor.invalid:{port}"]


async def test_a_proxy_that_refuses_its_credentials_is_told_without_them(
    alpha: Vendor, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = await stack.enter_async_context(HttpProxy("seawall:another"))
    monkeypatch.setenv("PROXY", f"http://seawall:pass-word@{proxy.address}")
    with structlog.testing.capture_logs() as logs:
        client = await client_of(stack, tmp_path, going(alpha, url="https://vendor.invalid/v1", proxy="env:PROXY"))
        failure = (await client.call()).failure
    assert (failure.reason, failure.message) == (
        Reason.VENDOR_UNREACHABLE,
        "The vendor could not be reached: the proxy refused.",
    )
    assert "pass-word" not in f"{logs}{failure}"
    assert proxy.targets == []


async def test_a_proxy_that_is_down_is_not_gone_around(alpha: Vendor, stack: AsyncExitStack, tmp_path: Path) -> None:
    client = await client_of(stack, tmp_path, going(alpha, proxy=f"http://127.0.0.1:{free_port()}"))
    assert (await client.call()).failure.reason == Reason.VENDOR_UNREACHABLE
    assert alpha.calls == ()


async def test_nothing_in_the_environment_leads_around_a_providers_own_proxy(
    alpha: Vendor, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*,127.0.0.1")
    monkeypatch.setenv("no_proxy", "*,127.0.0.1")
    proxy = await stack.enter_async_context(HttpProxy())
    client = await client_of(stack, tmp_path, going(alpha, proxy=f"http://{proxy.address}"))
    assert (await client.call()).answer.body
    assert len(proxy.targets) == 1


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"proxy": "env:NOT_SET"}, "its proxy: The secret env:NOT_SET is not set in the environment"),
        ({"proxy": "env:NO_URL"}, "its proxy is not a URL of http or https, in ASCII, with a host"),
        ({"proxy": "env:BLANK"}, "its proxy: The secret env:BLANK is empty"),
        ({"ca": "env:NOT_SET"}, "its ca: The secret env:NOT_SET is not set in the environment"),
        ({"ca": "env:NO_URL"}, "its certificate authorities are no certificates in PEM"),
        ({"ca": "env:BLANK"}, "its ca: The secret env:BLANK is empty"),
        (
            {"headers": (("x-team", "env:NOT_SET"),)},
            "its header 'x-team': The secret env:NOT_SET is not set in the environment",
        ),
        (
            {"headers": (("x-team", "env:LINES"),)},
            "its header 'x-team' must be 1 to 4096 printable ASCII characters",
        ),
        ({"headers": (("Host", "other"),)}, "its header 'Host' is a header that Seawall itself says"),
        ({"headers": (("transfer-encoding", "a"),)}, "its header 'transfer-encoding' is a header that Seawall itself"),
        ({"headers": (("x y", "a"),)}, "its header 'x y' is not the name of a header"),
    ],
)
async def test_a_way_that_is_not_usable_fails_every_call_and_nothing_is_left_out(
    alpha: Vendor,
    stack: AsyncExitStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, object],
    why: str,
) -> None:
    monkeypatch.setenv("NO_URL", "se-cret")
    monkeypatch.setenv("BLANK", " ")
    monkeypatch.setenv("LINES", "se-cret\r\nhost: evil")
    with structlog.testing.capture_logs() as logs:
        client = await client_of(stack, tmp_path, going(alpha, **changed))  # type: ignore[arg-type] # one of its own
        failures = [(await client.call()).failure, (await client.frames())[-1].failure]
    for failure in failures:
        assert (failure.reason, failure.retryable) == (Reason.VENDOR_UNREACHABLE, False)
        assert failure.message.startswith(f"Provider 'alpha' is not called: {why}")
    assert alpha.calls == ()
    assert [log["provider"] for log in logs if log["event"] == "a provider cannot be called"] == ["alpha"]
    assert "se-cret" not in f"{logs}{failures}"


async def test_a_private_authority_is_trusted_beside_the_systems_by_those_who_name_it(
    alpha: Vendor, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    monkeypatch.setenv("CA", authority.pem)
    port = await stack.enter_async_context(tls_before(alpha.url, authority.context("localhost", tmp_path)))
    other = await stack.enter_async_context(tls_before(alpha.url, authority.context("other.invalid", tmp_path)))
    trusting = going(alpha, url=f"https://localhost:{port}/v1", ca="env:CA")
    plain = provider("plain", f"https://localhost:{port}/v1", "env:ALPHA_KEY")
    misled = going(alpha, url=f"https://localhost:{other}/v1", ca="env:CA")
    misled.name = misled.name.replace("alpha", "misled")
    client = await client_of(stack, tmp_path, trusting, plain, misled)
    assert (await client.call()).answer.body
    assert (await client.frames())[-1].end
    for name in ("plain", "misled"):
        failure = (await client.call(name=name)).failure
        assert (failure.reason, failure.message) == (
            Reason.VENDOR_UNREACHABLE,
            "The vendor could not be reached: its TLS certificate is not valid.",
        )
    assert len(alpha.calls) == 2


async def test_a_provider_with_an_authority_of_its_own_trusts_the_systems_too(
    alpha: Vendor, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, systems = Authority(), Authority()
    (tmp_path / "system.pem").write_text(systems.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    monkeypatch.setenv("CA", own.pem)
    port = await stack.enter_async_context(tls_before(alpha.url, systems.context("localhost", tmp_path)))
    client = await client_of(stack, tmp_path, going(alpha, url=f"https://localhost:{port}/v1", ca="env:CA"))
    assert (await client.call()).answer.body


async def test_headers_reach_the_vendor_beside_the_calls_own_and_are_never_told(
    raw: RawVendor, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM", "team-se-cret-0001")
    made = provider("alpha", raw.base_url, "env:ALPHA_KEY")
    for name, value in (("X-Team", "env:TEAM"), ("x-cost-centre", "4711"), ("User-Agent", "other")):
        made.headers.append(Header(name=name, value=value))
    with structlog.testing.capture_logs() as logs:
        client = await client_of(stack, tmp_path, made)
        raw.pieces = [ANSWER]
        await client.call()
        raw.pieces = [whole(b'{"error":{"message":"not for team-se-cret-0001"}}', status=b"400 Bad Request")]
        failure = (await client.call()).failure
    head = raw.heads[0].decode().lower().split("\r\n")
    assert "x-team: team-se-cret-0001" in head
    assert "x-cost-centre: 4711" in head
    assert "authorization: bearer sk-alpha-0001" in head
    assert [line.split("/")[0] for line in head if line.startswith("user-agent")] == ["user-agent: seawall"]
    assert b"not for [credential]" in failure.vendor_body
    assert "se-cret" not in f"{logs}{failure}"


async def test_the_environments_proxies_serve_those_who_have_none_of_their_own(
    alpha: Vendor, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = await stack.enter_async_context(HttpProxy())
    own = await stack.enter_async_context(HttpProxy())
    monkeypatch.setenv("HTTP_PROXY", f"http://{common.address}")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8,localhost")
    special = going(alpha, proxy=f"http://{own.address}")
    special.name = special.name.replace("alpha", "special")
    near = provider("near", alpha.base_url.replace("127.0.0.1", "localhost"), "env:ALPHA_KEY")
    client = await client_of(stack, tmp_path, going(alpha), special, near)
    assert (await client.call()).answer.body
    assert (len(common.targets), len(own.targets)) == (1, 0)
    assert (await client.call(name="special")).answer.body
    assert (len(common.targets), len(own.targets)) == (1, 1)
    assert (await client.call(name="near")).answer.body
    assert (len(common.targets), len(own.targets)) == (1, 1)


async def test_a_way_that_changes_while_calls_run_fails_none_and_the_old_one_is_closed(
    alpha: Vendor, stack: AsyncExitStack, tmp_path: Path
) -> None:
    alpha.set(None, Behaviour(between_chunks=Constant(seconds=0.02)))
    first = await stack.enter_async_context(HttpProxy())
    second = await stack.enter_async_context(HttpProxy())
    configuration = Configuration(going(alpha, proxy=f"http://{first.address}"))
    address = await stack.enter_async_context(serving(configuration))
    client = await stack.enter_async_context(running(address, tmp_path))
    over = asyncio.Event()

    async def call_on() -> list[str]:
        ends = list[str]()
        while not over.is_set():
            last = (await client.frames())[-1]
            ends.append("whole" if last.end else last.failure.message)
        return ends

    callers = [asyncio.create_task(call_on()) for _ in range(8)]
    await eventually(lambda: bool(first.targets))
    configuration.set(going(alpha, proxy=f"http://{second.address}"))
    await eventually(lambda: bool(second.targets), within=30)
    # Those that began by the first one end by it; then nothing holds it.
    await eventually(lambda: first.open == 0, within=30)
    configuration.set(going(alpha))
    await eventually(lambda: second.open == 0, within=30)
    over.set()
    assert {end for ends in await asyncio.gather(*callers) for end in ends} == {"whole"}


async def test_a_redirect_is_not_followed(raw: RawVendor, stack: AsyncExitStack, tmp_path: Path) -> None:
    raw.pieces = [whole(b"", b"location: http://169.254.169.254/latest", status=b"302 Found")]
    client = await client_of(stack, tmp_path, provider("alpha", raw.base_url, "env:ALPHA_KEY"))
    assert (await client.call()).failure.vendor_status == 302
    assert len(raw.heads) == 1
