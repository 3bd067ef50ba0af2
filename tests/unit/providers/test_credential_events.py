"""What the world is told of credentials, and what waits while Kafka is away."""

import asyncio
import random
from collections.abc import Mapping, Sequence

import structlog

from events.cloudevents import Record, decode
from events.credentials import CredentialChanged, CredentialState
from events.topics import CREDENTIALS
from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from services.providers.adapters.kafka import MAX_WAITING, KafkaCredentialEvents
from services.providers.adapters.vendors import known_vendors
from services.providers.application.open_way import OpenWay
from services.providers.application.ports import Headers, VendorResponse
from services.providers.application.providers_in_use import ProvidersInUse
from services.providers.application.tell_credentials import TellCredentials
from services.providers.application.tokens import Tokens
from services.providers.application.use_configuration import UseConfiguration
from services.providers.domain.failure import VendorFailure
from services.providers.domain.provider import ProviderDefinition, WeightedKey

REFUSED = VendorFailure(Reason.VENDOR_AUTHENTICATION, status=401)
URL = "http://127.0.0.1:1/v1"


class Kept:
    """See CredentialEvents: keeps them."""

    def __init__(self) -> None:
        self.events: list[CredentialChanged] = []

    def put(self, event: CredentialChanged) -> None:
        self.events.append(event)

    @property
    def told(self) -> list[tuple[str, str, CredentialState]]:
        return [(event.provider, event.credential, event.state) for event in self.events]


class Vault:
    """See Secrets."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets

    def resolve(self, reference: str) -> str:
        return self._secrets[reference]


class NoHttp:
    """See VendorHttp; nothing is sent."""

    async def post(self, url: str, headers: Headers, body: bytes) -> VendorResponse:
        raise AssertionError(url)


class NoConnections:
    """See Connections."""

    def open(self, provider: str, proxy: str, ca: str) -> NoHttp:
        return NoHttp()


class World:
    """Providers as they are configured, on a virtual clock."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.kept = Kept()
        self.providers = ProvidersInUse()
        vault = Vault({"env:A": "sk-a", "env:B": "sk-b"})
        self.configure = UseConfiguration(
            self.providers,
            vendors=known_vendors(max_event=1000, now=self.clock.now),
            secrets=vault,
            open_way=OpenWay(NoConnections(), vault),
            tell=TellCredentials(self.kept, self.clock),
            tokens=Tokens(self.clock),
            clock=self.clock,
            rng=random.Random(1),
        )

    def set(self, *keys: str, url: str = URL) -> None:
        self.configure([ProviderDefinition("acme", "main", "openai", url, tuple(map(WeightedKey, keys)))])

    def call(self, *, refused: bool) -> str:
        """One call; the reference of the credential that it began with."""
        use = self.providers.find("acme", "main").keys.take()
        use.key.failed(use, REFUSED) if refused else use.key.accepted(use)
        return use.key.credential.reference


def test_a_refusal_and_the_return_are_told_with_their_times_and_never_the_secret() -> None:
    world = World()
    world.set("env:A")
    with structlog.testing.capture_logs() as logs:
        world.call(refused=True)
    (event,) = world.kept.events
    assert (event.organization, event.provider, event.credential) == ("acme", "main", "env:A")
    assert (event.state, event.reason) == (CredentialState.RESTING, Reason.VENDOR_AUTHENTICATION)
    assert event.until is not None
    assert 60 <= (event.until - event.since).total_seconds() <= 72
    assert [(log["log_level"], log["credential"]) for log in logs] == [("warning", "env:A")]
    assert "sk-a" not in str(logs) + str(event)


async def test_a_credential_is_told_once_when_it_is_taken_first_and_once_when_it_is_taken_again() -> None:
    world = World()
    world.set("env:A")
    for _ in range(3):
        world.call(refused=False)
    world.call(refused=True)
    await world.clock.advance(100)
    for _ in range(3):
        world.call(refused=False)
    assert [state for *_, state in world.kept.told] == ["in_use", "resting", "in_use"]


def test_a_refused_credential_that_is_not_configured_any_more_is_told_to_be_gone() -> None:
    world = World()
    world.set("env:A", "env:B")
    assert world.call(refused=True) == "env:A"
    world.call(refused=False)
    world.set("env:B")
    world.set()
    assert world.kept.told == [
        ("main", "env:A", "resting"),
        ("main", "env:B", "in_use"),
        ("main", "env:A", "removed"),
    ]


def test_the_credentials_of_a_provider_that_is_gone_are_gone() -> None:
    world = World()
    world.set("env:A")
    world.call(refused=True)
    world.configure([])
    assert world.kept.told[-1] == ("main", "env:A", "removed")


def test_a_credential_rests_on_where_its_provider_changed_and_not_where_the_vendor_is_another() -> None:
    world = World()
    world.set("env:A")
    world.call(refused=True)
    world.set("env:A", "env:B")
    assert [world.call(refused=False) for _ in range(3)] == ["env:B"] * 3
    world.set("env:A", "env:B", url="http://127.0.0.1:2/v1")
    assert sorted(world.call(refused=False) for _ in range(2)) == ["env:A", "env:B"]


class Kafka:
    """Takes records, where it is there."""

    def __init__(self) -> None:
        self.away = False
        self.records: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> None:
        if self.away:
            raise Failure(Reason.UNAVAILABLE, "away", retryable=True)
        self.records += records

    def told(self) -> list[tuple[str, CredentialState]]:
        events = [decode(CREDENTIALS, record.value, record.headers).data for record in self.records]
        return [(event.credential, event.state) for event in events]


async def test_only_the_latest_of_each_credential_waits_while_kafka_is_away() -> None:
    clock, kafka = VirtualClock(), Kafka()
    events = KafkaCredentialEvents(kafka.publish, clock)
    running = asyncio.create_task(events.run())
    kafka.away = True
    for reference in ("env:A", "env:B"):
        events.put(change(reference, CredentialState.RESTING))
    await clock.advance(30)
    events.put(change("env:A", CredentialState.IN_USE))
    await clock.advance(30)
    assert kafka.records == []
    kafka.away = False
    await clock.advance(10)
    assert sorted(kafka.told()) == [("env:A", "in_use"), ("env:B", "resting")]
    assert {record.key for record in kafka.records} == {b"acme/main/env:A", b"acme/main/env:B"}
    running.cancel()


async def test_what_changes_while_a_publish_is_under_way_is_newer_than_what_could_not_be_told() -> None:
    clock, kafka = VirtualClock(), Kafka()

    async def publish(records: Sequence[Record]) -> None:
        await clock.sleep(1.0)
        await kafka.publish(records)

    events = KafkaCredentialEvents(publish, clock)
    running = asyncio.create_task(events.run())
    kafka.away = True
    events.put(change("env:A", CredentialState.RESTING))
    await clock.advance(0.5)
    events.put(change("env:A", CredentialState.IN_USE))
    await clock.advance(0.6)
    kafka.away = False
    await clock.advance(10)
    assert kafka.told() == [("env:A", "in_use")]
    running.cancel()


async def test_what_waits_is_bounded() -> None:
    clock, kafka = VirtualClock(), Kafka()
    events = KafkaCredentialEvents(kafka.publish, clock)
    for number in range(MAX_WAITING + 5):
        events.put(change(f"env:K{number}", CredentialState.RESTING))
    running = asyncio.create_task(events.run())
    await clock.advance(1)
    told = kafka.told()
    assert (len(told), told[0][0]) == (MAX_WAITING, "env:K5")
    running.cancel()


def change(reference: str, state: CredentialState) -> CredentialChanged:
    return CredentialChanged(
        organization="acme",
        provider="main",
        credential=reference,
        state=state,
        explanation="",
        since=VirtualClock().now(),
    )
