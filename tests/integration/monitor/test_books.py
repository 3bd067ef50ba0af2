"""The ledger and the statistics, written and read on both databases."""

import random
from collections import defaultdict
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from chassis.storage.database import Database
from chassis.storage.migrate import downgrade, drift, migrate
from chassis.storage.statements import table_of
from chassis.storage.tables import Tables
from events.base import Money, Tokens
from events.requests import Cache, Cause, Outcome, RequestFinished
from resilience.clock import SystemClock, VirtualClock
from resilience.errors import Failure, Reason
from services.monitor.adapters.sql.books import SqlBooks
from services.monitor.adapters.sql.reader import SqlLedgerReader
from services.monitor.adapters.sql.tables import TABLES, DetailRow, LedgerRow, SecondRow
from services.monitor.application.query_usage import QueryUsage
from services.monitor.application.read_requests import ReadRequests
from services.monitor.application.record_requests import RecordRequests
from services.monitor.bootstrap import VERSIONS
from services.monitor.domain.ledger import Entry, RequestFilter
from services.monitor.domain.money import usd_of
from services.monitor.domain.usage import Usage, UsageGroup, UsageQuery
from tests.unit.monitor.facts import START, attempt, finished

SEED = 7
ADDED = {"criticality", "cache", "continued_at", "degraded", "cache_write_tokens", "operation"}
"""Columns of the second migration."""


@pytest.fixture
def record(db: Database, tables: Tables) -> RecordRequests:
    return RecordRequests(SqlBooks(db, tables), VirtualClock(START + timedelta(minutes=1)))


@pytest.fixture
def usage(db: Database, tables: Tables) -> QueryUsage:
    return QueryUsage(SqlLedgerReader(db, tables))


@pytest.fixture
def reading(db: Database, tables: Tables) -> ReadRequests:
    return ReadRequests(SqlLedgerReader(db, tables))


def some_requests(count: int) -> list[RequestFinished]:
    """Requests over three days and all groups, some failed, some without a price."""
    rng = random.Random(SEED)
    found = []
    for number in range(count):
        failed = rng.random() < 0.2
        target = rng.choice(["a/m", "b/m", "c/n"])
        found.append(
            finished(
                f"r{number}",
                attempt(target, reason=Reason.VENDOR_TIMEOUT if failed else None),
                project=rng.choice(["shop", "search"]),
                key=rng.choice(["ci", "web"]),
                model=rng.choice(["chat", "code", "a/m"]),
                started_at=START + timedelta(seconds=rng.randrange(3 * 86400)),
                duration_ms=rng.uniform(1, 5000),
                outcome=Outcome.FAILED if failed else Outcome.SUCCEEDED,
                reason=Reason.VENDOR_TIMEOUT if failed else None,
                target=None if failed else target,
                tokens=Tokens(
                    input=rng.randrange(10**6),
                    output=rng.randrange(10**5),
                    cached_input=rng.randrange(1000),
                    reasoning=rng.randrange(1000),
                    cache_write=rng.randrange(1000),
                ),
                cost=None if rng.random() < 0.1 else Money(amount=usd_of(rng.randrange(10**10))),
            )
        )
    return found


async def count_of(db: Database, model: type[LedgerRow | DetailRow | SecondRow]) -> int:
    async with db.read() as session:
        return len((await session.exec(select(model))).all())


async def attempts_seen(db: Database) -> int:
    async with db.read() as session:
        return sum((await session.exec(select(SecondRow.attempts))).all())


async def test_the_migrations_make_the_tables_that_are_used(db: Database, tables: Tables) -> None:
    assert await drift(db, TABLES) == []
    await downgrade(db, VERSIONS, SystemClock())
    await tables.make()
    assert await drift(db, TABLES) == []


async def test_a_request_told_twice_is_recorded_once(db: Database, record: RecordRequests) -> None:
    requests = [finished(f"r{number}", attempt("a/m"), attempt("b/m", number=2)) for number in range(600)]
    twice = [*requests[:400], *requests[:50]]
    assert len(await record(twice)) == 400
    assert len(await record(requests)) == 200
    assert len(await record(requests)) == 0
    assert await count_of(db, LedgerRow) == await count_of(db, DetailRow) == 600
    assert await attempts_seen(db) == 1200


async def test_organizations_do_not_share_request_ids(db: Database, record: RecordRequests) -> None:
    assert len(await record([finished("r"), finished("r", organization="other")])) == 2


@pytest.mark.parametrize(
    "bad",
    [
        {"cost": Money(amount="0.0000000001")},
        {"cost": Money(amount="1", currency="EUR")},
        {"tokens": Tokens(input=-1)},
        {"tokens": Tokens(input=2**70)},
        {"continued_at": -1},
        {"continued_at": 2**70},
        {"duration_ms": -1.0},
        {"duration_ms": float("inf")},
    ],
)
async def test_one_impossible_request_keeps_its_whole_batch_out(
    db: Database, record: RecordRequests, bad: dict[str, Any]
) -> None:
    with pytest.raises((ValueError, OverflowError)):
        await record([finished("good", attempt()), finished("bad", attempt(), **bad)])
    assert await count_of(db, LedgerRow) == await attempts_seen(db) == 0


@pytest.mark.parametrize(
    "group_by",
    [
        set(),
        {UsageGroup.PROJECT},
        {UsageGroup.MODEL, UsageGroup.KEY},
        {UsageGroup.TARGET, UsageGroup.DAY},
        {UsageGroup.HOUR},
        {UsageGroup.HOUR, UsageGroup.DAY, UsageGroup.PROJECT},
        set(UsageGroup),
    ],
)
async def test_usage_equals_sums_by_hand(record: RecordRequests, usage: QueryUsage, group_by: set[UsageGroup]) -> None:
    requests = some_requests(300)
    await record(requests)
    await record([finished("elsewhere", organization="other")])
    start, end = START + timedelta(hours=10), START + timedelta(days=2, hours=3, minutes=7)
    rows = await usage(UsageQuery("acme", start, end, frozenset(group_by)))
    assert {row_key(row): sums(row) for row in rows} == by_hand(requests, start, end, group_by)
    keys = [row_key(row) for row in rows]
    assert keys == sorted(keys), "by group, ascending"


def row_key(row: Usage) -> tuple[object, ...]:
    return (row.project, row.model, row.key, row.target, row.time.isoformat() if row.time else "")


def sums(row: Usage) -> dict[str, int]:
    names = [field.name for field in fields(Usage)][5:]
    return {name: getattr(row, name) for name in names}


def by_hand(
    requests: list[RequestFinished], start: datetime, end: datetime, group_by: set[UsageGroup]
) -> dict[tuple[object, ...], dict[str, int]]:
    found: defaultdict[tuple[object, ...], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for request in requests:
        at = request.started_at + timedelta(milliseconds=request.duration_ms)
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        if not start <= at < end:
            continue
        time = ""
        if UsageGroup.HOUR in group_by:
            time = at.replace(minute=0, second=0, microsecond=0).isoformat()
        elif UsageGroup.DAY in group_by:
            time = at.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
        entry = found[
            request.project if UsageGroup.PROJECT in group_by else "",
            request.model if UsageGroup.MODEL in group_by else "",
            request.key if UsageGroup.KEY in group_by else "",
            (request.target or "") if UsageGroup.TARGET in group_by else "",
            time,
        ]
        entry["requests"] += 1
        entry["failed_requests"] += request.outcome is Outcome.FAILED
        entry["input_tokens"] += request.tokens.input
        entry["output_tokens"] += request.tokens.output
        entry["cached_input_tokens"] += request.tokens.cached_input
        entry["reasoning_tokens"] += request.tokens.reasoning
        entry["cache_write_tokens"] += request.tokens.cache_write
        entry["cost_nanos"] += int(Decimal(request.cost.amount) * 10**9) if request.cost else 0
        entry["unpriced_requests"] += request.cost is None
    return {key: dict(entry) for key, entry in found.items()}


async def test_usage_of_nothing_is_one_row_of_zeros_or_no_group(record: RecordRequests, usage: QueryUsage) -> None:
    day = (START, START + timedelta(days=1))
    (whole,) = await usage(UsageQuery("nobody", *day, frozenset()))
    assert set(sums(whole).values()) == {0}
    assert await usage(UsageQuery("nobody", *day, frozenset({UsageGroup.KEY}))) == []


async def test_usage_is_filtered(record: RecordRequests, usage: QueryUsage) -> None:
    requests = some_requests(100)
    await record(requests)
    always = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    (row,) = await usage(UsageQuery("acme", *always, frozenset(), project="shop", model="chat", key="web"))
    assert row.requests == sum((r.project, r.model, r.key) == ("shop", "chat", "web") for r in requests) > 0


async def test_usage_is_whole_or_refused(
    record: RecordRequests, usage: QueryUsage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await record(some_requests(50))
    monkeypatch.setattr("services.monitor.application.query_usage.MOST_ROWS", 2)
    with pytest.raises(Failure, match="more than 2 rows"):
        await usage(UsageQuery("acme", START, START + timedelta(days=4), frozenset({UsageGroup.HOUR})))


async def test_requests_come_newest_first_and_page_by_page(record: RecordRequests, reading: ReadRequests) -> None:
    requests = some_requests(95)
    # Ten that finished in the same millisecond: the id decides.
    requests += [finished(f"same{number}", started_at=START) for number in range(10)]
    await record(requests)
    found: list[Entry] = []
    after = None
    while True:
        entries, after = await reading.page(RequestFilter("acme"), after=after, size=7)
        found += entries
        if after is None:
            break
    assert len(found) == 105
    assert len({entry.request_id for entry in found}) == 105
    order = [(entry.started_at + entry.duration, entry.request_id) for entry in found]
    assert order == sorted(order, reverse=True)


async def test_a_page_of_exactly_what_is_left_is_the_last(record: RecordRequests, reading: ReadRequests) -> None:
    await record([finished(f"r{number}") for number in range(4)])
    entries, after = await reading.page(RequestFilter("acme"), after=None, size=4)
    assert (len(entries), after) == (4, None)


async def test_requests_are_filtered(record: RecordRequests, reading: ReadRequests) -> None:
    requests = some_requests(100)
    await record(requests)
    which = RequestFilter("acme", project="shop", outcome=Outcome.FAILED)
    entries, _ = await reading.page(which, after=None, size=200)
    wanted = {r.request_id for r in requests if r.project == "shop" and r.outcome is Outcome.FAILED}
    assert {entry.request_id for entry in entries} == wanted
    assert wanted


async def test_the_migration_keeps_what_was_entered_and_takes_what_an_older_replica_enters(
    db: Database, tables: Tables, record: RecordRequests, reading: ReadRequests
) -> None:
    await record([finished("new", attempt(), cache=Cache.EXACT, criticality="batch", continued_at=7, degraded="x")])
    await downgrade(db, VERSIONS, SystemClock(), revision="0001")
    old = [column for column in LedgerRow.model_fields if column not in ADDED]
    async with db.transaction() as session:
        table = table_of(LedgerRow)
        row = (await (await session.connection()).execute(sa.select(*[table.c[name] for name in old]))).mappings().one()
        older = sa.insert(sa.table(table.name, *[sa.column(name) for name in old], schema=table.schema))
        await (await session.connection()).execute(older.values({**row, "request_id": "old"}))
    await migrate(db, VERSIONS, SystemClock())
    async with db.transaction() as session:
        await (await session.connection()).execute(older.values({**row, "request_id": "meanwhile"}))
    entries, _ = await reading.page(RequestFilter("acme"), after=None, size=9)
    assert {entry.request_id for entry in entries} == {"new", "old", "meanwhile"}
    assert {(e.cache, e.criticality, e.continued_at, e.degraded, e.operation) for e in entries} == {
        (None, "", None, "", "chat")
    }
    assert (await reading.one("acme", "new")).attempts == (attempt(),)


async def test_how_a_request_was_answered_is_shown(record: RecordRequests, reading: ReadRequests) -> None:
    lost = attempt(
        "a/m",
        outcome=Outcome.CANCELLED,
        reason=Reason.CANCELLED,
        cause=Cause.FIRST,
        tokens=Tokens(input=3),
        tokens_estimated=True,
        cost=Money(amount="0.1"),
    )
    told = finished(
        *("r", lost),
        criticality="critical",
        cache=Cache.STALE,
        continued_at=132,
        degraded="stale_answer",
        operation="embeddings",
        target=None,
    )
    await record([told])
    detail = await reading.one("acme", "r")
    entry = detail.entry
    assert (entry.criticality, entry.cache, entry.continued_at, entry.degraded, entry.operation) == (
        *("critical", Cache.STALE, 132, "stale_answer", "embeddings"),
    )
    assert detail.attempts == (lost,)


async def test_one_request_is_shown_with_plan_and_attempts(record: RecordRequests, reading: ReadRequests) -> None:
    told = finished(
        "r",
        attempt("a/m", reason=Reason.VENDOR_OVERLOADED),
        attempt("b/m", number=2, first_token_ms=31.5),
        stream=True,
        first_token_ms=140.9,
        duration_ms=250.6,
    )
    await record([told])
    detail = await reading.one("acme", "r")
    assert detail.plan == told.plan
    assert detail.attempts == told.attempts
    assert detail.entry.first_token == timedelta(milliseconds=140)
    assert detail.entry.duration == timedelta(milliseconds=250)
    assert (detail.entry.cost_nanos, detail.entry.target) == (1000, "b/m")


async def test_an_absent_request_is_not_found(record: RecordRequests, reading: ReadRequests) -> None:
    await record([finished("r")])
    for organization, request_id in (("acme", "other"), ("other", "r")):
        with pytest.raises(Failure) as failure:
            await reading.one(organization, request_id)
        assert failure.value.reason is Reason.NOT_FOUND
