"""Verdicts and retention, on both databases."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import select

from chassis.storage.database import Database
from chassis.storage.outbox import Outbox
from chassis.storage.tables import Tables
from events.cloudevents import decode
from events.health import TargetVerdictChanged, Verdict
from events.requests import Attempt
from events.topics import HEALTH
from resilience.clock import VirtualClock
from resilience.errors import Reason
from services.monitor.adapters.sql.archive import SqlArchive
from services.monitor.adapters.sql.bench import SqlBench
from services.monitor.adapters.sql.books import SqlBooks
from services.monitor.adapters.sql.breakers import SqlBreakers
from services.monitor.adapters.sql.health import SqlHealthReader
from services.monitor.adapters.sql.tables import DetailRow, LedgerRow, SecondRow, TargetRow
from services.monitor.application.forget import Forget
from services.monitor.application.judge_targets import JudgeTargets
from services.monitor.application.read_health import ReadHealth
from services.monitor.application.record_requests import RecordRequests
from tests.unit.monitor.facts import attempt, finished


class World:
    """Monitor's verdicts over storage, on a clock of the test's."""

    def __init__(self, db: Database, tables: Tables) -> None:
        self.clock = VirtualClock()
        self.nudges = 0
        self.db = db
        self.record = RecordRequests(SqlBooks(db, tables), self.clock)
        self.judge = JudgeTargets(SqlBench(db, told=self._nudge), SqlBreakers(db, tables), self.clock)
        self.health = ReadHealth(SqlHealthReader(db, tables), self.clock)
        self.forget = Forget(SqlArchive(db, batch=10), self.clock, ledger_retention=timedelta(days=90))
        self._next = 0

    def _nudge(self) -> None:
        self.nudges += 1

    async def see(self, *attempts: Attempt) -> None:
        """Let each attempt be that of a request."""
        requests = []
        for one in attempts:
            self._next += 1
            requests.append(finished(f"r{self._next}", one))
        await self.record(requests)

    def ok(self, count: int, target: str = "a/m", duration_ms: float = 100.0) -> list[Attempt]:
        started = self.clock.now() - timedelta(milliseconds=duration_ms)
        return [attempt(target, started_at=started, duration_ms=duration_ms, first_token_ms=20.0)] * count

    def bad(self, count: int, target: str = "a/m", reason: Reason = Reason.VENDOR_UNREACHABLE) -> list[Attempt]:
        return [attempt(target, reason=reason, started_at=self.clock.now(), duration_ms=0.0)] * count

    async def told(self) -> list[TargetVerdictChanged]:
        """The events in the outbox, in order."""
        async with self.db.read() as session:
            rows = (await session.exec(select(Outbox).order_by("id"))).all()
        assert all(row.key == b"acme/a/m" for row in rows)
        return [decode(HEALTH, row.value, row.headers).data for row in rows]


@pytest.fixture
def world(db: Database, tables: Tables) -> World:
    return World(db, tables)


async def test_a_verdict_is_told_when_it_changes_and_only_then(world: World) -> None:
    for _ in range(3):
        await world.see(*world.ok(10))
        await world.judge()
        await world.clock.advance(1)
    assert [told.verdict for told in await world.told()] == [Verdict.HEALTHY]
    for _ in range(6):
        await world.see(*world.bad(10))
        await world.judge()
        await world.clock.advance(1)
    for _ in range(8):
        await world.see(*world.ok(10))
        await world.judge()
        await world.clock.advance(1)
    told = await world.told()
    assert [(one.previous, one.verdict) for one in told] == [
        (Verdict.UNKNOWN, Verdict.HEALTHY),
        (Verdict.HEALTHY, Verdict.DEGRADED),
        (Verdict.DEGRADED, Verdict.DOWN),
        (Verdict.DOWN, Verdict.DEGRADED),
        (Verdict.DEGRADED, Verdict.HEALTHY),
    ]
    assert "vendor_unreachable" in told[2].explanation
    assert world.nudges == 5


async def test_a_verdict_survives_a_restart(world: World, db: Database, tables: Tables) -> None:
    await world.see(*world.bad(5))
    await world.judge()
    again = World(db, tables)
    await again.clock.advance(1)
    assert await again.judge() == []
    assert [told.verdict for told in await again.told()] == [Verdict.DOWN]
    await again.clock.advance(3600)
    assert await again.judge() == [], "without traffic the verdict stays"
    ((shown,), _) = await again.health.page("acme", after="", size=10)
    assert shown.standing.judgement.verdict is Verdict.DOWN
    assert (shown.attempts, shown.latency) == (0, None)


async def test_two_sittings_at_once_tell_once(world: World, db: Database, tables: Tables) -> None:
    await world.see(*world.ok(5))
    await world.judge()
    await world.see(*world.bad(50))
    other = World(db, tables)
    standing = await SqlBench(db, told=lambda: None).standing(
        [(await world.health.page("acme", after="", size=1))[0][0].standing.name]
    )
    (before,) = standing.values()
    assert len(await world.judge()) == 1
    ((shown,), _) = await other.health.page("acme", after="", size=1)
    assert not await SqlBench(db, told=lambda: None).pronounce(before, shown.standing), "what stood stands no more"
    assert len(await world.told()) == 2


async def test_a_target_with_too_little_traffic_is_shown_as_unknown_and_not_told(world: World) -> None:
    await world.see(*world.ok(1))
    await world.judge()
    ((shown,), _) = await world.health.page("acme", after="", size=10)
    assert shown.standing.judgement.verdict is Verdict.UNKNOWN
    assert await world.told() == []


async def test_health_shows_the_figures_of_the_last_minute(world: World) -> None:
    for duration in range(1, 101):
        await world.see(*world.ok(1, duration_ms=float(duration)))
    await world.see(*world.bad(3), *world.bad(2, reason=Reason.VENDOR_TIMEOUT))
    await world.judge()
    ((shown,), _) = await world.health.page("acme", after="", size=10)
    assert shown.attempts == 105
    assert Counter(shown.failures) == {Reason.VENDOR_UNREACHABLE: 3, Reason.VENDOR_TIMEOUT: 2}
    assert shown.latency is not None
    assert shown.latency.p50 == pytest.approx(50, rel=0.03)
    assert shown.latency.p99 == pytest.approx(99, rel=0.03)
    assert shown.first_token is not None
    assert shown.first_token.p95 == pytest.approx(20, rel=0.01)
    await world.clock.advance(61)
    ((later,), _) = await world.health.page("acme", after="", size=10)
    assert (later.attempts, later.latency) == (0, None)


async def test_targets_come_page_by_page_and_until_a_day_after_they_were_seen(world: World) -> None:
    names = [f"p{number}/m" for number in range(7)]
    for name in names:
        await world.see(*world.ok(1, name))
    await world.judge()
    found, after = [], ""
    while True:
        shown, after = await world.health.page("acme", after=after, size=3)
        found += [one.standing.name.target for one in shown]
        if not after:
            break
    assert found == names
    assert await world.health.page("other", after="", size=3) == ([], "")
    await world.clock.advance(3600 * 23)
    await world.see(*world.ok(1, "p3/m"))
    await world.judge()
    await world.clock.advance(3600 * 2)
    shown, _ = await world.health.page("acme", after="", size=10)
    assert [one.standing.name.target for one in shown] == ["p3/m"]


async def test_what_is_too_old_is_forgotten_in_batches(world: World, db: Database) -> None:
    async def left() -> dict[str, int]:
        async with db.read() as session:
            return {
                model.__name__: len((await session.exec(select(model))).all())
                for model in (LedgerRow, DetailRow, SecondRow, TargetRow)
            }

    started = world.clock.now()
    await world.record([finished(f"old{number}", *world.ok(1), started_at=started) for number in range(35)])
    await world.judge()
    assert await world.forget() == 0
    await world.clock.advance(3602)
    assert await world.forget() == 1
    assert (await left())["SecondRow"] == 0
    await world.clock.advance(89 * 86400)
    await world.record([finished("new", *world.ok(1, "b/m"), started_at=world.clock.now())])
    await world.judge()
    await world.clock.advance(86400)
    await world.forget()
    assert await left() == {"LedgerRow": 1, "DetailRow": 1, "SecondRow": 0, "TargetRow": 1}
