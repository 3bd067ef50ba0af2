"""Azure and Vertex with credentials that are exchanged for tokens: real sockets on both sides, signatures verified."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import rsa

from resilience.errors import Reason
from seawall.config.v1.resources_pb2 import Provider
from seawall.providers.v1 import provider_pb2 as pb
from simulator import Access, Simulator, Vendor, VendorSpec
from tests.integration.providers.go_between import Authority, HttpProxy, tls_before
from tests.integration.providers.service import Client, Configuration, provider, running, serving, texts
from tests.integration.providers.token_endpoint import CLIENT_SECRET, TokenEndpoint
from tests.stack.eventually import eventually
from tests.stack.ports import free_port

WRONG_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WRONG_SECRET = "wrong~AndVerySecretToo"
PLAIN = "plain-key-0001"


@dataclass(frozen=True)
class World:
    """A vendor that takes the token that `endpoint` gave last, and a client of a service that is its provider."""

    name: str
    vendor: Vendor
    endpoint: TokenEndpoint
    configuration: Configuration
    client: Client

    def withdraw(self) -> None:
        """No token that was given is good any more."""
        self.vendor.access = Access(keys=frozenset({PLAIN}))

    async def answered(self, calls: int = 1) -> None:
        """So many calls, one after the other, each with an answer."""
        for _ in range(calls):
            answer = await self.client.call()
            assert answer.answer.body, answer.failure.message

    async def failure(self, **said: Any) -> pb.Failure:
        """Why a call has none."""
        answer = await self.client.call(**said)
        assert answer.HasField("failure")
        return answer.failure


Opened = Callable[..., AbstractAsyncContextManager[World]]
Enter = Callable[[AbstractAsyncContextManager[Any]], Awaitable[Any]]
Before = Callable[[TokenEndpoint, Enter], Awaitable[Provider]]


@pytest.fixture(params=["azure", "vertex"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Opens a world whose provider has the credentials that are named. `before`: puts something before the endpoint,
    and says how the provider's calls travel then."""
    name: str = request.param

    @asynccontextmanager
    async def open_(*keys: str, before: Before | None = None) -> AsyncIterator[World]:
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            spec = VendorSpec(name=name, dialect="azure" if name == "azure" else "gemini")
            vendor = (await enter(Simulator(vendors=[spec], seed=1))).vendor(name)

            def given(token: str) -> None:
                vendor.access = Access(keys=frozenset({token, PLAIN}))

            given("no token")
            endpoint = await enter(TokenEndpoint(given))
            made = await before(endpoint, enter) if before is not None else Provider()
            for reference, secret in credentials(name, endpoint).items():
                monkeypatch.setenv(reference, secret)
            made.MergeFrom(provider_of(name, vendor, keys))
            configuration = Configuration(made)
            client = await enter(running(await enter(serving(configuration)), tmp_path))
            yield World(name, vendor, endpoint, configuration, client)

    return open_


def credentials(name: str, endpoint: TokenEndpoint) -> dict[str, str]:
    right = endpoint.application() if name == "azure" else endpoint.service_account()
    wrong = endpoint.application(WRONG_SECRET) if name == "azure" else endpoint.service_account(WRONG_KEY)
    return {
        "RIGHT": right,
        "WRONG": wrong,
        "NOWHERE": right.replace(endpoint.url, f"http://127.0.0.1:{free_port()}"),
        "METADATA": right.replace(endpoint.url, "http://169.254.169.254"),
        "PLAIN": PLAIN,
        "BROKEN": json.dumps({"type": "authorized_user", "refresh_token": "very-secret-too"}),
    }


def provider_of(name: str, vendor: Vendor, keys: Sequence[str]) -> Provider:
    made = provider("alpha", vendor.base_url, *(f"env:{key}" for key in keys), vendor=name)
    if name == "vertex":
        made.region, made.cloud_project = "europe-west4", "ours"
    return made


async def test_fifty_calls_at_once_get_one_token_and_all_are_answered(opened: Opened) -> None:
    async with opened("RIGHT") as world:
        answers = await asyncio.gather(*(world.client.call() for _ in range(50)))
        assert [answer.failure.message for answer in answers if answer.HasField("failure")] == []
        assert [call.status for call in world.vendor.calls] == [200] * 50
        await world.answered()
        assert world.endpoint.asked == 1


async def test_streams_embeddings_and_callers_of_other_dialects_are_let_in_alike(opened: Opened) -> None:
    async with opened("RIGHT") as world:
        assert texts(await world.client.frames()).startswith(world.name)
        body = json.dumps({"model": "e", "input": ["one", "two"], "dimensions": 4}).encode()
        called = await world.client.call(body=body, dialect=pb.DIALECT_OPENAI_EMBEDDINGS, model="text-embedding-005")
        assert [len(each["embedding"]) for each in json.loads(called.answer.body)["data"]] == [4, 4]
        body = json.dumps({"model": "c", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}).encode()
        called = await world.client.call(body=body, dialect=pb.DIALECT_ANTHROPIC_MESSAGES)
        assert json.loads(called.answer.body)["type"] == "message"
        assert world.endpoint.asked == 1


async def test_a_credential_that_gets_no_token_rests_and_the_next_one_serves(opened: Opened) -> None:
    async with opened("WRONG", "RIGHT") as world:
        await world.answered(calls=4)
        assert world.endpoint.asked == 2, "the refused one once, the other one once"


async def test_a_plain_key_serves_beside_it_as_it_is(opened: Opened) -> None:
    async with opened("WRONG", "PLAIN") as world:
        await world.answered(calls=3)
        assert world.endpoint.asked == 1


async def test_the_last_credential_s_refusal_is_told_without_what_is_secret(opened: Opened) -> None:
    async with opened("WRONG") as world:
        failure = await world.failure()
        word = "401 invalid_client AADSTS7000215" if world.name == "azure" else "400 invalid_grant"
        assert failure.reason == Reason.VENDOR_AUTHENTICATION.value
        assert failure.message == f"127.0.0.1 gave no token: it answered {word}."
        assert failure.vendor_body == b""
        assert not failure.retryable
        assert len(world.vendor.calls) == 0


async def test_an_endpoint_that_is_not_there_is_a_vendor_that_cannot_be_reached(opened: Opened) -> None:
    async with opened("NOWHERE", "RIGHT") as world:
        failure = await world.failure()
        assert (failure.reason, failure.retryable) == (Reason.VENDOR_UNREACHABLE.value, True)
        assert failure.message == "127.0.0.1 gave no token: The vendor could not be reached: connection refused."
        await world.answered()  # by the other credential, whose turn it is


async def test_no_credential_leads_to_an_address_that_no_provider_may_call(opened: Opened) -> None:
    async with opened("METADATA") as world:
        failure = await world.failure()
        assert (failure.reason, failure.retryable) == (Reason.VENDOR_UNREACHABLE.value, False)
        assert "the address of a cloud's metadata" in failure.message


async def test_tokens_come_the_way_that_the_provider_s_calls_go(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxies: list[HttpProxy] = []

    async def before(endpoint: TokenEndpoint, enter: Enter) -> Provider:
        """TLS of a private authority, at a name that only the proxy knows."""
        authority = Authority()
        port = await enter(tls_before(endpoint.url, authority.context("login.invalid", tmp_path)))
        endpoint.known_as = f"https://login.invalid:{port}"
        monkeypatch.setenv("CA", authority.pem)
        proxies.append(await enter(HttpProxy()))
        return Provider(proxy=f"http://{proxies[0].address}", ca="env:CA")

    async with opened("RIGHT", before=before) as world:
        await world.answered(calls=2)
        asked = world.endpoint.url.removeprefix("https://")
        assert set(proxies[0].targets) == {asked, world.vendor.url.removeprefix("http://")}
        assert world.endpoint.asked == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_endpoint_that_fails_for_a_moment_takes_no_credential_away(opened: Opened, status: int) -> None:
    async with opened("RIGHT") as world:
        world.endpoint.answer = (status, {"error": "temporarily_unavailable"})
        failure = await world.failure()
        assert (failure.reason, failure.retryable) == (Reason.VENDOR_UNREACHABLE.value, True)
        world.endpoint.answer = None
        await world.answered()


@pytest.mark.alone  # it is told 80 ms before the deadline
async def test_a_slow_endpoint_ends_a_call_at_its_deadline_and_serves_the_next_one(opened: Opened) -> None:
    async with opened("RIGHT") as world:
        world.endpoint.door.clear()
        failure = await world.failure(within=1.0)
        assert failure.reason == Reason.VENDOR_TIMEOUT.value
        world.endpoint.door.set()
        await world.answered()
        assert world.endpoint.asked == 1


async def test_a_token_that_is_withdrawn_is_replaced_and_no_caller_notices(opened: Opened) -> None:
    async with opened("RIGHT") as world:
        await world.answered()
        world.withdraw()
        answers = await asyncio.gather(*(world.client.call() for _ in range(20)))
        assert all(answer.answer.body for answer in answers)
        assert world.endpoint.asked == 2


async def test_a_credential_whose_tokens_are_not_taken_is_refused_after_one_more(opened: Opened) -> None:
    async with opened("RIGHT") as world:
        await world.answered()
        world.endpoint.answer = (200, {"access_token": "token-of-nobody", "expires_in": "3599", "token_type": "Bearer"})
        world.withdraw()
        failure = await world.failure()
        assert (failure.reason, failure.vendor_status) == (Reason.VENDOR_AUTHENTICATION.value, 401)
        assert world.endpoint.asked == 2
        assert [call.status for call in world.vendor.calls] == [200, 401, 401]


async def test_a_token_without_time_left_serves_the_call_that_it_was_got_for(opened: Opened) -> None:
    async with opened("RIGHT") as world:
        world.endpoint.seconds = 0
        await world.answered(calls=3)
        assert world.endpoint.asked == 3


async def test_a_token_is_kept_where_the_provider_changes_and_the_credential_stays(opened: Opened) -> None:
    async with opened("RIGHT") as world:
        await world.answered()
        world.configuration.set(provider_of(world.name, world.vendor, ["RIGHT", "PLAIN"]))
        await eventually(lambda: world.configuration.is_known)
        await world.answered(calls=2)
        assert world.endpoint.asked == 1


async def test_a_document_of_another_kind_is_left_out(opened: Opened) -> None:
    async with opened("BROKEN") as world:
        failure = await world.failure()
        assert failure.reason == Reason.VENDOR_AUTHENTICATION.value
        assert failure.message == "The provider has no usable credential."
        assert world.endpoint.asked == 0


async def test_nothing_that_is_secret_is_logged(opened: Opened) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened("WRONG", "BROKEN", "NOWHERE", "RIGHT") as world:
            await world.failure()
            await world.answered()
    said = str(logs)
    assert "a credential is refused and rests" in said
    assert "a credential is left out" in said
    assert "a vendor cannot be reached" in said
    for secret in (CLIENT_SECRET, WRONG_SECRET, PLAIN, "PRIVATE KEY", "token-0", "very-secret-too"):
        assert secret not in said


@pytest.mark.parametrize("opened", ["azure"], indirect=True)
async def test_the_older_azure_is_asked_for_a_deployment(opened: Opened) -> None:
    async with opened("RIGHT") as world:
        made = provider_of(world.name, world.vendor, ["RIGHT"])
        made.api_version = "2024-10-21"
        world.configuration.set(made)
        await eventually(lambda: world.configuration.is_known)
        assert (await world.client.call(model="our-deployment")).answer.body
        assert world.vendor.calls[-1].model == "our-deployment"
