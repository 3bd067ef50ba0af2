"""What a gateway tells of its breakers, and what it believes of others'."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from chassis.tasks import end
from events.breakers import BreakerChanged, BreakerState
from events.cloudevents import Received, Record, decode
from events.health import TargetVerdictChanged, Verdict
from events.topics import BREAKERS
from resilience.breaker import State, Transition
from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from services.gateway.adapters import breakers
from services.gateway.adapters.breakers import BreakerBroadcast
from services.gateway.entrypoints.kafka import FRESH, BreakersListener, VerdictsListener

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Kafka:
    """Takes records, or fails as it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[BreakerChanged]] = []
        self.ids: list[str] = []
        self.failure: Failure | None = None
        self.lets_through = asyncio.Event()
        self.lets_through.set()

    async def publish(self, records: Sequence[Record]) -> None:
        self.ids += [record.headers["ce_id"] for record in records]
        await self.lets_through.wait()
        if self.failure is not None:
            raise self.failure
        self.batches.append([decode(BREAKERS, record.value, record.headers).data for record in records])

    @property
    def told(self) -> list[tuple[str, BreakerState]]:
        return [(change.target, change.state) for batch in self.batches for change in batch]


@asynccontextmanager
async def telling(kafka: Kafka, clock: VirtualClock) -> AsyncIterator[BreakerBroadcast]:
    broadcast = BreakerBroadcast(kafka.publish, "gateway-1", clock)
    task = asyncio.create_task(broadcast.run())
    try:
        yield broadcast
    finally:
        await end(task)


def to(state: State, *, shared: bool = False) -> Transition:
    until = START + 2 * SECOND if state is State.OPEN else None
    return Transition(State.CLOSED, state, "so it is", since=START, until=until, shared=shared)


async def test_a_transition_is_told_whole_and_under_its_targets_key() -> None:
    kafka, clock = Kafka(), VirtualClock(START)
    async with telling(kafka, clock) as broadcast:
        broadcast.note("acme", "a/m", to(State.OPEN))
        await clock.advance(0)
    assert kafka.batches == [
        [
            BreakerChanged(
                organization="acme",
                target="a/m",
                state=BreakerState.OPEN,
                previous=BreakerState.CLOSED,
                explanation="so it is",
                since=START,
                until=START + 2 * SECOND,
                gateway="gateway-1",
            )
        ]
    ]


async def test_while_kafka_is_away_the_latest_of_each_target_waits_in_order() -> None:
    kafka, clock = Kafka(), VirtualClock(START)
    kafka.failure = Failure(Reason.UNAVAILABLE, "away", retryable=True)
    async with telling(kafka, clock) as broadcast:
        for target, state in (("a/m", State.OPEN), ("b/m", State.OPEN), ("a/m", State.HALF_OPEN)):
            broadcast.note("acme", target, to(state))
            await clock.advance(5)
        kafka.lets_through.clear()
        await clock.advance(5)
        broadcast.note("acme", "a/m", to(State.CLOSED))  # while a publish is under way
        kafka.lets_through.set()
        await clock.advance(5)
        assert kafka.batches == []
        kafka.failure = None
        await clock.advance(5)
        assert kafka.told == [("b/m", BreakerState.OPEN), ("a/m", BreakerState.CLOSED)]
        assert len(set(kafka.ids)) == 4, "what is told again has the id that it had"


async def test_what_another_gateway_told_is_not_told_on() -> None:
    kafka, clock = Kafka(), VirtualClock(START)
    async with telling(kafka, clock) as broadcast:
        broadcast.note("acme", "a/m", to(State.OPEN, shared=True))
        await clock.advance(5)
    assert kafka.ids == []


async def test_what_kafka_never_takes_does_not_stand_in_the_way() -> None:
    kafka, clock = Kafka(), VirtualClock(START)
    kafka.failure = Failure(Reason.REQUEST_TOO_LARGE, "too large")
    async with telling(kafka, clock) as broadcast:
        broadcast.note("acme", "a/m", to(State.OPEN))
        await clock.advance(5)
        kafka.failure = None
        broadcast.note("acme", "b/m", to(State.OPEN))
        await clock.advance(5)
    assert kafka.told == [("b/m", BreakerState.OPEN)]


async def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakers, "MOST_WAITING", 3)
    kafka, clock = Kafka(), VirtualClock(START)
    kafka.failure = Failure(Reason.UNAVAILABLE, "away", retryable=True)
    async with telling(kafka, clock) as broadcast:
        for number in range(5):
            broadcast.note("acme", f"{number}/m", to(State.OPEN))
            await clock.advance(5)
        kafka.failure = None
        await clock.advance(5)
    assert [target for target, _ in kafka.told] == ["2/m", "3/m", "4/m"]


class Breakers:
    """What a gateway's breakers were told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, datetime | None]] = []

    def told_open(self, organization: str, target: str, explanation: str, until: datetime | None) -> None:
        assert (organization, explanation) == ("acme", "so it is")
        self.told.append(("open", target, until))

    def told_closed(self, organization: str, target: str, explanation: str) -> None:
        assert (organization, explanation) == ("acme", "so it is")
        self.told.append(("closed", target, None))


def changed(
    state: BreakerState, *, at: datetime = START, until: datetime | None = None, gateway: str = "gateway-2"
) -> Received[BreakerChanged]:
    change = BreakerChanged(
        organization="acme",
        target="a/m",
        state=state,
        previous=BreakerState.CLOSED,
        explanation="so it is",
        since=at,
        until=until,
        gateway=gateway,
    )
    return Received("id", "/seawall/gateway", at, None, change)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed(BreakerState.OPEN, until=START + SECOND), [("open", "a/m", START + SECOND)]),
        (changed(BreakerState.OPEN, until=START), []),
        (changed(BreakerState.OPEN, at=START - 2 * FRESH, until=START + SECOND), [("open", "a/m", START + SECOND)]),
        (changed(BreakerState.OPEN), [("open", "a/m", None)]),
        (changed(BreakerState.OPEN, at=START - FRESH - SECOND), []),
        (changed(BreakerState.OPEN, until=START + SECOND, gateway="gateway-1"), []),
        (changed(BreakerState.HALF_OPEN), []),
        (changed(BreakerState.CLOSED), [("closed", "a/m", None)]),
        (changed(BreakerState.CLOSED, at=START - FRESH - SECOND), []),
        (changed(BreakerState.CLOSED, gateway="gateway-1"), []),
    ],
)
async def test_what_others_tell_is_believed_while_it_holds(
    change: Received[BreakerChanged], told: list[tuple[str, str, datetime | None]]
) -> None:
    own = Breakers()
    await BreakersListener(own, "gateway-1", VirtualClock(START))([change])
    assert own.told == told


@pytest.mark.parametrize(
    ("verdict", "age", "told"),
    [
        (Verdict.DOWN, timedelta(), [("open", "a/m", None)]),
        (Verdict.DOWN, FRESH + SECOND, []),
        (Verdict.DEGRADED, timedelta(), []),
        (Verdict.HEALTHY, timedelta(), []),
    ],
)
async def test_a_fresh_verdict_that_a_target_is_down_opens_its_breaker(
    verdict: Verdict, age: timedelta, told: list[tuple[str, str, datetime | None]]
) -> None:
    own = Breakers()
    change = TargetVerdictChanged(
        organization="acme",
        target="a/m",
        verdict=verdict,
        previous=Verdict.UNKNOWN,
        explanation="so it is",
        since=START - age,
        attempts=9,
        failures=9,
    )
    await VerdictsListener(own, VirtualClock(START))([Received("id", "/seawall/monitor", START - age, None, change)])
    assert own.told == told
