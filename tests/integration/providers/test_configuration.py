"""The configuration that the service follows, and the credentials that it calls with."""

import time
from pathlib import Path

import grpc
import pytest
import structlog

from resilience.errors import Reason
from services.providers.settings import Settings
from simulator import Access, Behaviour, ErrorStatus, Simulator, Vendor
from tests.integration.providers.asking import failure
from tests.integration.providers.service import Client, Configuration, provider, running, serving
from tests.stack.eventually import eventually
from tests.stack.ports import free_port


async def test_a_change_is_in_force_at_once(client: Client, configuration: Configuration, sim: Simulator) -> None:
    beta = sim.vendor("beta")
    configuration.set(provider("alpha", beta.base_url, "env:ALPHA_KEY_2"))

    async def calls_beta() -> bool:
        await client.call()
        return bool(beta.calls)

    await eventually(calls_beta, within=20)
    assert beta.calls[-1].key_suffix == "0002"


async def test_a_provider_that_is_not_known_may_be_known_to_another_replica(client: Client) -> None:
    for attempt in (client.call(name="nobody"), client.frames(name="nobody")):
        with pytest.raises(grpc.aio.AioRpcError) as told:
            await attempt
        assert told.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_the_last_snapshot_serves_where_config_is_away(
    configuration: Configuration, alpha: Vendor, tmp_path: Path
) -> None:
    async with serving(configuration) as address, running(address, tmp_path) as client:
        await client.call()
        await eventually((tmp_path / "providers.snapshot").exists)
    async with running(f"127.0.0.1:{free_port()}", tmp_path) as client:
        assert (await client.call()).answer.body


async def test_keys_are_used_in_turn(alpha: Vendor, tmp_path: Path) -> None:
    configuration = Configuration(provider("alpha", alpha.base_url, "env:ALPHA_KEY", "env:ALPHA_KEY_2"))
    async with serving(configuration) as address, running(address, tmp_path) as client:
        for _ in range(4):
            await client.call()
    assert [call.key_suffix for call in alpha.calls] == ["0001", "0002"] * 2


TWO_KEYS = ("env:ALPHA_KEY", "env:ALPHA_KEY_2")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_refused_key_is_followed_by_the_next_one_and_rests(alpha: Vendor, tmp_path: Path, stream: bool) -> None:
    alpha.access = Access(keys=frozenset({"sk-alpha-0002"}))
    configuration = Configuration(provider("alpha", alpha.base_url, *TWO_KEYS))
    async with serving(configuration) as address, running(address, tmp_path) as client:
        for _ in range(3):
            if stream:
                assert (await client.frames())[-1].end
            else:
                assert (await client.call()).answer.body
    assert [call.key_suffix for call in alpha.calls] == ["0001", "0002", "0002", "0002"]


async def test_a_key_over_its_limit_is_followed_by_the_next_one_and_rests(alpha: Vendor, tmp_path: Path) -> None:
    alpha.set(None, Behaviour(faults=(ErrorStatus(status=429, retry_after=30.0, next_calls=1),)))
    configuration = Configuration(provider("alpha", alpha.base_url, *TWO_KEYS))
    async with serving(configuration) as address, running(address, tmp_path) as client:
        for _ in range(3):
            assert (await client.call()).answer.body
    assert [call.key_suffix for call in alpha.calls] == ["0001", "0002", "0002", "0002"]


async def test_a_lone_refused_key_is_shown_once_a_second_and_serves_as_soon_as_it_is_put_right(
    alpha: Vendor, client: Client
) -> None:
    alpha.access = Access(keys=frozenset({"another"}))
    began = time.monotonic()
    failures = [(await client.call()).failure for _ in range(20)]
    assert {(failure.reason, failure.vendor_status) for failure in failures} == {(Reason.VENDOR_AUTHENTICATION, 401)}
    assert len(alpha.calls) <= 1 + (time.monotonic() - began)
    alpha.access = Access()

    async def serves() -> bool:
        return bool((await client.call()).answer.body)

    # Long before it would have rested, which takes a minute.
    await eventually(serves, within=30)


async def test_a_refused_key_still_rests_when_another_one_is_added(
    alpha: Vendor, configuration: Configuration, client: Client
) -> None:
    alpha.access = Access(keys=frozenset({"sk-alpha-0002"}))
    await client.call()
    configuration.set(provider("alpha", alpha.base_url, *TWO_KEYS))

    async def serves() -> bool:
        return bool((await client.call()).answer.body)

    await eventually(serves)
    before = len(alpha.calls)
    for _ in range(4):
        await client.call()
    assert [call.key_suffix for call in alpha.calls[before:]] == ["0002"] * 4


@pytest.mark.parametrize("stream", [False, True])
async def test_no_credential_is_in_what_a_failure_tells(alpha: Vendor, client: Client, stream: bool) -> None:
    alpha.access = Access(keys=frozenset({"another"}))
    told = await failure(client, stream=stream)
    assert told.vendor_status == 401
    assert b"[credential]" in told.vendor_body
    assert b"0001" not in told.SerializeToString()


async def test_a_key_that_cannot_be_resolved_is_left_out_and_named_once(alpha: Vendor, tmp_path: Path) -> None:
    configuration = Configuration(
        provider("alpha", alpha.base_url, "env:NOT_SET", "env:ALPHA_KEY"),
        provider("none", alpha.base_url, "env:NOT_SET"),
    )
    with structlog.testing.capture_logs() as logs:
        async with serving(configuration) as address, running(address, tmp_path) as client:
            for _ in range(3):
                assert (await client.call()).answer.body
            failure = (await client.call(name="none")).failure
            frames = await client.frames(name="none")
    assert (failure.reason, failure.message) == (
        Reason.VENDOR_AUTHENTICATION,
        "The provider has no usable credential.",
    )
    assert frames[-1].failure.reason == Reason.VENDOR_AUTHENTICATION
    left_out = [(log["provider"], log["cause"]) for log in logs if log["event"] == "a credential is left out"]
    assert left_out == [(name, "The secret env:NOT_SET is not set in the environment.") for name in ("alpha", "none")]
    assert {call.key_suffix for call in alpha.calls} == {"0001"}


async def test_a_deployment_serves_the_vendors_that_it_is_told_to(sim: Simulator, tmp_path: Path) -> None:
    configuration = Configuration(
        provider("alpha", sim.vendor("alpha").base_url, "env:ALPHA_KEY"),
        provider("beta", sim.vendor("beta").base_url, vendor="openai-compatible"),
    )
    async with serving(configuration) as address, running(address, tmp_path, vendors="vllm, openai") as client:
        assert (await client.call(name="alpha")).answer.body
        with pytest.raises(grpc.aio.AioRpcError) as told:
            await client.call(name="beta")
    assert told.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_deployment_of_a_vendor_that_there_is_not_does_not_start() -> None:
    with pytest.raises(ValueError, match="no such vendor: opnai"):
        Settings(vendors="openai,opnai")


def test_the_vendors_of_a_deployment_come_from_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_VENDORS", "openai, bedrock")
    assert Settings().vendors == {"openai", "bedrock"}
