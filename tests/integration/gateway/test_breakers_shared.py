"""Breakers shared among gateways over Apache Kafka: quickly, from the compacted state, and through an outage."""

import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from chassis.health import Health
from chassis.kafka.bus import Bus
from chassis.settings import ServiceSettings
from chassis.tasks import Background
from events.topics import BREAKERS
from resilience.breaker import State, Transition
from resilience.clock import SystemClock
from services.gateway.adapters.breakers import BreakerBroadcast
from services.gateway.entrypoints.kafka import BreakersListener
from tests.integration.kafka.rig import read_all
from tests.stack.eventually import eventually
from tests.stack.kafka import Kafka

pytestmark = pytest.mark.kafka
LASTS = 3.0
"""Seconds of an opening that is over soon, and not before it is heard."""


@dataclass
class Heard:
    """What a gateway's breakers were told, in order, each with when."""

    organization: str
    told: list[tuple[str, str, float]] = field(default_factory=list)

    def told_open(self, organization: str, target: str, explanation: str, until: datetime | None) -> None:
        assert until is None or until > datetime.now(UTC)
        self._hear(organization, target, f"open: {explanation}")

    def told_closed(self, organization: str, target: str, explanation: str) -> None:
        self._hear(organization, target, f"closed: {explanation}")

    def of(self, target: str) -> list[str]:
        return [what for name, what, _ in self.told if name == target]

    def _hear(self, organization: str, target: str, what: str) -> None:
        if organization == self.organization:
            self.told.append((target, what, time.monotonic()))


@dataclass(frozen=True)
class Gateway:
    """The parts of a gateway that share breakers."""

    broadcast: BreakerBroadcast
    heard: Heard


@pytest.fixture
def organization() -> str:
    """One of the test's own, for the topic is everybody's."""
    return f"o{uuid.uuid4().hex[:8]}"


@asynccontextmanager
async def gateway(kafka: Kafka, organization: str) -> AsyncIterator[Gateway]:
    clock, name = SystemClock(), uuid.uuid4().hex
    settings = ServiceSettings(
        grpc_address="127.0.0.1:0", http_address="127.0.0.1:0", kafka_bootstrap=kafka.bootstrap, drain_timeout=2.0
    )
    heard = Heard(organization)
    async with Background() as background:
        bus = Bus("gateway", settings, health=Health(), background=background, clock=clock)
        bus.subscribe(BREAKERS, BreakersListener(heard, name, clock), group=None)
        broadcast = BreakerBroadcast(bus.publish, name, clock)
        background.start("breakers", broadcast.run)
        async with bus:
            yield Gateway(broadcast, heard)
        assert not background.failed.is_set()


def opened(explanation: str, *, lasts: float = 60.0, shared: bool = False) -> Transition:
    now = datetime.now(UTC)
    until = now + timedelta(seconds=lasts)
    return Transition(State.CLOSED, State.OPEN, explanation, since=now, until=until, shared=shared)


def closed(explanation: str) -> Transition:
    return Transition(State.HALF_OPEN, State.CLOSED, explanation, since=datetime.now(UTC), until=None, shared=False)


def probing() -> Transition:
    return Transition(State.OPEN, State.HALF_OPEN, "probing", since=datetime.now(UTC), until=None, shared=False)


async def both_hear(gateways: Sequence[Gateway], organization: str) -> None:
    """Return once each of two gateways hears the other."""
    one, other = gateways

    def heard() -> bool:
        for speaker, listener in ((one, other), (other, one)):
            if not listener.heard.told:
                speaker.broadcast.note(organization, "warm/up", closed("hello"))
        return bool(one.heard.told and other.heard.told)

    await eventually(heard, every=0.5)


async def test_what_one_gateway_opens_the_other_hears_at_once(kafka: Kafka, organization: str) -> None:
    async with gateway(kafka, organization) as one, gateway(kafka, organization) as other:
        await both_hear((one, other), organization)
        took = []
        for number in range(20):
            target = f"alpha/{number}"
            began = time.monotonic()
            one.broadcast.note(organization, target, opened("it failed"))
            await eventually(lambda: other.heard.of(target), every=0.005)  # noqa: B023 - used before the next turn
            took.append(next(at for name, _, at in other.heard.told if name == target) - began)
        took.sort()
        print(f"\nreached the other gateway in {took[10] * 1000:.0f} ms (p50), {took[-1] * 1000:.0f} ms (most)")
        assert took[10] < 5.0, "it is pushed, not polled"
        assert not [name for name, _, _ in one.heard.told if name.startswith("alpha/")], "it does not hear itself"

        one.broadcast.note(organization, "alpha/0", probing())
        one.broadcast.note(organization, "alpha/0", closed("two probes succeeded"))
        await eventually(lambda: len(other.heard.of("alpha/0")) == 2)
        assert other.heard.of("alpha/0") == ["open: it failed", "closed: two probes succeeded"]


async def test_what_was_heard_is_not_told_on(kafka: Kafka, organization: str) -> None:
    async with gateway(kafka, organization) as one, gateway(kafka, organization) as other:
        await both_hear((one, other), organization)
        one.broadcast.note(organization, "alpha/m", opened("another said so", shared=True))
        one.broadcast.note(organization, "beta/m", opened("its own"))
        await eventually(lambda: other.heard.of("beta/m"))
        assert other.heard.of("alpha/m") == []


async def test_a_gateway_that_starts_later_begins_with_what_is_open(kafka: Kafka, organization: str) -> None:
    async with gateway(kafka, organization) as one, gateway(kafka, organization) as other:
        await both_hear((one, other), organization)
        one.broadcast.note(organization, "over/m", opened("long ago", lasts=LASTS))
        one.broadcast.note(organization, "back/m", opened("it failed"))
        await eventually(lambda: other.heard.of("over/m") and other.heard.of("back/m"))
        one.broadcast.note(organization, "back/m", closed("it answers"))
        one.broadcast.note(organization, "open/m", opened("it fails"))
        await eventually(lambda: other.heard.of("open/m") and len(other.heard.of("back/m")) == 2)
    over = time.monotonic() + LASTS
    await eventually(lambda: time.monotonic() > over)
    async with gateway(kafka, organization) as late:
        await eventually(lambda: late.heard.of("open/m"))
        assert late.heard.of("open/m") == ["open: it fails"]
        assert late.heard.of("over/m") == [], "it may be probed by now"
        await eventually(lambda: late.heard.of("back/m")[-1:] == ["closed: it answers"])


async def test_through_an_outage_only_the_latest_of_each_target_waits(private_kafka: Kafka, organization: str) -> None:
    async with gateway(private_kafka, organization) as one, gateway(private_kafka, organization) as other:
        await both_hear((one, other), organization)
        await private_kafka.stop()
        began = time.monotonic()
        for number in range(1000):
            for target in ("alpha/m", "beta/m", "gamma/m"):
                one.broadcast.note(organization, target, opened(f"failure {number}"))
        one.broadcast.note(organization, "beta/m", closed("it answers"))
        took = time.monotonic() - began
        print(f"\n3001 transitions noted in {took * 1000:.0f} ms with Kafka away")
        await private_kafka.start()
        for target, latest in (
            ("alpha/m", "open: failure 999"),
            ("beta/m", "closed: it answers"),
            ("gamma/m", "open: failure 999"),
        ):
            await eventually(lambda: other.heard.of(target)[-1:] == [latest])  # noqa: B023
        told = [r for r in await read_all(private_kafka.bootstrap, BREAKERS.name) if r.key and b"warm" not in r.key]
        assert len(told) <= 6, "one of each target, and perhaps the batch that was on its way twice"
