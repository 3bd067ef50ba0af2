"""What gateways tell of their breakers, kept and judged, on both databases."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec import structs
from sqlmodel import select

from chassis.storage.database import Database
from chassis.storage.tables import Tables
from events.breakers import BreakerChanged, BreakerState
from events.health import Verdict
from resilience.clock import VirtualClock
from services.monitor.adapters.sql.archive import SqlArchive
from services.monitor.adapters.sql.bench import SqlBench
from services.monitor.adapters.sql.books import SqlBooks
from services.monitor.adapters.sql.breakers import SqlBreakers
from services.monitor.adapters.sql.health import SqlHealthReader
from services.monitor.adapters.sql.tables import BreakerRow
from services.monitor.application.forget import Forget
from services.monitor.application.judge_targets import JudgeTargets
from services.monitor.application.read_health import ReadHealth
from services.monitor.application.record_breakers import RecordBreakers
from services.monitor.application.record_requests import RecordRequests
from services.monitor.domain.health import TargetHealth
from tests.unit.monitor.facts import attempt, breaker_changed, finished

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


class World:
    """Monitor's part in verdicts over storage, on a clock of the test's."""

    def __init__(self, db: Database, tables: Tables) -> None:
        self.clock = VirtualClock()
        self.breakers = SqlBreakers(db, tables)
        self.record_breakers = RecordBreakers(self.breakers, self.clock)
        self.judge = JudgeTargets(SqlBench(db, told=lambda: None), self.breakers, self.clock)
        self.forget = Forget(SqlArchive(db, batch=10), self.clock, ledger_retention=timedelta(days=90))
        self._record = RecordRequests(SqlBooks(db, tables), self.clock)
        self._health = ReadHealth(SqlHealthReader(db, tables), self.clock)
        self._numbers = itertools.count()

    async def answers(self, count: int) -> None:
        now = self.clock.now()
        one = attempt(started_at=now, duration_ms=0.0)
        await self._record([finished(f"r{next(self._numbers)}", one, started_at=now) for _ in range(count)])

    def change(self, state: BreakerState, gateway: str = "g1") -> BreakerChanged:
        return breaker_changed(state, since=self.clock.now(), gateway=gateway)

    async def kept(self) -> dict[str, BreakerState]:
        """Gateway → its state, of those that count."""
        counting = await self.breakers.counting(self.clock.now())
        return {breaker.gateway: breaker.state for breakers in counting.values() for breaker in breakers}

    async def shown(self) -> TargetHealth:
        ((shown,), _) = await self._health.page("acme", after="", size=10)
        return shown

    async def verdict(self) -> Verdict:
        await self.judge()
        return (await self.shown()).standing.judgement.verdict


@pytest.fixture
def world(db: Database, tables: Tables) -> World:
    return World(db, tables)


async def test_what_is_kept_is_what_was_told(world: World) -> None:
    change = world.change(OPEN)
    await world.record_breakers([change])
    ((name, (kept,)),) = (await world.breakers.counting(world.clock.now())).items()
    assert (name.organization, name.target, kept.gateway) == ("acme", "a/m", "g1")
    assert (kept.state, kept.explanation) == (OPEN, change.explanation)
    assert (kept.told, kept.since, kept.until) == (change.since, change.since, change.until)


async def test_the_latest_of_each_gateway_stands_in_whatever_order_and_however_often_it_comes(world: World) -> None:
    changes = []
    for state in (OPEN, HALF_OPEN, CLOSED):
        changes.append(world.change(state))
        # Closer than the tables tell moments apart: the order is the gateway's own.
        await world.clock.advance(0.000_05)
    for number, order in enumerate(itertools.permutations(changes)):
        gateway = f"g{number}"
        for change in (*order, *order):
            await world.record_breakers([structs.replace(change, gateway=gateway)])
        together = [structs.replace(change, gateway=f"{gateway}-together") for change in (*order, *order)]
        await world.record_breakers(together)
    assert set((await world.kept()).values()) == {CLOSED}
    assert len(await world.kept()) == 12


async def test_replicas_that_are_told_the_same_at_once_agree(world: World, db: Database, tables: Tables) -> None:
    def told(states: Sequence[BreakerState], second: float) -> list[BreakerChanged]:
        since = world.clock.now() + timedelta(seconds=second)
        return [breaker_changed(state, since=since, gateway=f"g{gateway}") for state in states for gateway in range(50)]

    early, late = told([OPEN], 0), told([CLOSED], 1)
    await world.clock.advance(2)
    other = World(db, tables)
    await other.clock.advance(2)
    await asyncio.gather(
        world.record_breakers([*early, *late]), other.record_breakers([*reversed(late), *reversed(early)])
    )
    assert await world.kept() == {f"g{gateway}": CLOSED for gateway in range(50)}


async def test_an_outage_told_by_a_breaker_from_its_beginning_to_its_end(world: World) -> None:
    await world.answers(200)
    assert await world.verdict() is Verdict.HEALTHY
    await world.record_breakers([world.change(OPEN)])
    assert await world.verdict() is Verdict.DOWN
    explanation = (await world.shown()).standing.judgement.explanation
    assert explanation == "The breaker of gateway g1 is open: 5 calls in a row failed, the last: vendor_unreachable."
    await world.clock.advance(2)
    await world.record_breakers([world.change(HALF_OPEN)])
    assert await world.verdict() is Verdict.DOWN
    await world.clock.advance(0.1)
    await world.record_breakers([world.change(CLOSED)])
    recovery = []
    for _ in range(5):
        await world.answers(5)
        recovery.append(await world.verdict())
        await world.clock.advance(1)
    assert recovery == [Verdict.DOWN] * 3 + [Verdict.HEALTHY] * 2


async def test_a_breaker_is_believed_before_any_request_is_recorded_and_after_a_restart(
    world: World, db: Database, tables: Tables
) -> None:
    await world.record_breakers([world.change(OPEN)])
    assert await World(db, tables).verdict() is Verdict.DOWN


async def test_a_gateway_that_died_with_its_breaker_open_holds_a_target_down_for_a_minute(world: World) -> None:
    await world.record_breakers([world.change(OPEN)])
    assert await world.verdict() is Verdict.DOWN
    await world.clock.advance(61)
    await world.answers(5)
    assert await world.verdict() is Verdict.DOWN
    await world.clock.advance(2)
    await world.answers(5)
    assert await world.verdict() is Verdict.HEALTHY


async def test_breakers_are_forgotten_an_hour_after_they_counted(world: World, db: Database) -> None:
    async def left() -> int:
        async with db.read() as session:
            return len((await session.exec(select(BreakerRow))).all())

    await world.record_breakers([world.change(OPEN, f"g{number}") for number in range(25)])
    await world.clock.advance(3600)
    assert (await world.kept(), await left()) == ({}, 25)
    await world.forget()
    assert await left() == 25
    await world.clock.advance(63)
    await world.forget()
    assert await left() == 0
