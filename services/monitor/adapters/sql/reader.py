"""Reads the ledger: sums, lists, one request."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.storage.database import Database
from chassis.storage.tables import Tables
from events.base import Tokens, read
from events.requests import Attempt, Cache, Outcome, PlannedTarget
from resilience.errors import Reason
from services.monitor.adapters.sql.tables import DetailRow, LedgerRow
from services.monitor.adapters.sql.times import milliseconds, moment
from services.monitor.domain.ledger import Detail, Entry, Position, RequestFilter
from services.monitor.domain.usage import Usage, UsageGroup, UsageQuery

# Literals, not parameters: PostgreSQL would not see that what is selected is what is grouped by.
HOUR = sa.literal_column("3600000", sa.BigInteger)
DAY = sa.literal_column("86400000", sa.BigInteger)

_finished = col(LedgerRow.finished_ms)
_GROUPS: dict[UsageGroup, sa.SQLColumnExpression[Any]] = {
    UsageGroup.PROJECT: col(LedgerRow.project),
    UsageGroup.MODEL: col(LedgerRow.model),
    UsageGroup.KEY: col(LedgerRow.key),
    UsageGroup.TARGET: col(LedgerRow.target),
    # An hour lies in one day, so that the hour alone groups by both.
    UsageGroup.HOUR: _finished - _finished % HOUR,
    UsageGroup.DAY: _finished - _finished % DAY,
}


class SqlLedgerReader:
    """See LedgerReader."""

    def __init__(self, db: Database, tables: Tables) -> None:
        self._db = db
        self._tables = tables

    async def usage(self, query: UsageQuery, *, limit: int) -> Sequence[Usage]:
        """See LedgerReader."""
        asked = query.group_by - {UsageGroup.DAY} if UsageGroup.HOUR in query.group_by else query.group_by
        groups = {group: expression for group, expression in _GROUPS.items() if group in asked}
        statement: sa.Select[*tuple[Any, ...]] = (
            sa.select(*[expression.label(group) for group, expression in groups.items()], *_sums())
            .where(
                col(LedgerRow.organization) == query.organization,
                _finished >= milliseconds(query.start),
                _finished < milliseconds(query.end),
                *_equal(query.project, query.model, query.key),
            )
            .limit(limit)
        )
        if groups:
            statement = statement.group_by(*groups.values()).order_by(*groups.values())
        self._tables.demand()
        async with self._db.read() as session:
            rows = (await (await session.connection()).execute(statement)).mappings().all()
        return [_usage(row) for row in rows]

    async def entries(self, which: RequestFilter, *, after: Position | None, limit: int) -> Sequence[Entry]:
        """See LedgerReader."""
        place = sa.tuple_(_finished, col(LedgerRow.request_id))
        statement = (
            select(LedgerRow)
            .where(col(LedgerRow.organization) == which.organization, *_equal(which.project, which.model, which.key))
            .order_by(_finished.desc(), col(LedgerRow.request_id).desc())
            .limit(limit)
        )
        if which.outcome is not None:
            statement = statement.where(col(LedgerRow.outcome) == which.outcome.value)
        if after is not None:
            statement = statement.where(place < sa.tuple_(sa.literal(after.finished_ms), sa.literal(after.request_id)))
        self._tables.demand()
        async with self._db.read() as session:
            return [_entry(row) for row in (await session.exec(statement)).all()]

    async def detail(self, organization: str, request_id: str) -> Detail | None:
        """See LedgerReader."""
        self._tables.demand()
        async with self._db.read() as session:
            row = await session.get(LedgerRow, (organization, request_id))
            more = await session.get(DetailRow, (organization, request_id))
        if row is None or more is None:
            return None
        return Detail(
            _entry(row),
            tuple(read(PlannedTarget, planned) for planned in more.plan),
            tuple(read(Attempt, attempt) for attempt in more.attempts),
        )


def _equal(project: str, model: str, key: str) -> list[sa.ColumnElement[bool]]:
    columns = {LedgerRow.project: project, LedgerRow.model: model, LedgerRow.key: key}
    return [col(column) == value for column, value in columns.items() if value]


def _sums() -> list[sa.Label[Any]]:
    def counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    def summed(column: Any) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(column), 0)

    return [
        sa.func.count().label("requests"),
        counted(col(LedgerRow.outcome) == Outcome.FAILED.value).label("failed_requests"),
        summed(LedgerRow.input_tokens).label("input_tokens"),
        summed(LedgerRow.output_tokens).label("output_tokens"),
        summed(LedgerRow.cached_input_tokens).label("cached_input_tokens"),
        summed(LedgerRow.reasoning_tokens).label("reasoning_tokens"),
        summed(LedgerRow.cache_write_tokens).label("cache_write_tokens"),
        summed(LedgerRow.cost_nanos).label("cost_nanos"),
        counted(col(LedgerRow.cost_nanos).is_(None)).label("unpriced_requests"),
    ]


def _usage(row: sa.RowMapping) -> Usage:
    time = row.get(UsageGroup.HOUR, row.get(UsageGroup.DAY))
    return Usage(
        project=row.get(UsageGroup.PROJECT, ""),
        model=row.get(UsageGroup.MODEL, ""),
        key=row.get(UsageGroup.KEY, ""),
        target=row.get(UsageGroup.TARGET, ""),
        time=moment(time) if time is not None else None,
        # PostgreSQL's sums of integers are decimals.
        requests=int(row["requests"]),
        failed_requests=int(row["failed_requests"]),
        input_tokens=int(row["input_tokens"]),
        output_tokens=int(row["output_tokens"]),
        cached_input_tokens=int(row["cached_input_tokens"]),
        reasoning_tokens=int(row["reasoning_tokens"]),
        cache_write_tokens=int(row["cache_write_tokens"]),
        cost_nanos=int(row["cost_nanos"]),
        unpriced_requests=int(row["unpriced_requests"]),
    )


def _entry(row: LedgerRow) -> Entry:
    started = moment(row.started_ms)
    return Entry(
        organization=row.organization,
        request_id=row.request_id,
        project=row.project,
        key=row.key,
        model=row.model,
        stream=row.stream,
        started_at=started,
        duration=moment(row.finished_ms) - started,
        first_token=moment(row.started_ms + row.first_token_ms) - started if row.first_token_ms is not None else None,
        outcome=Outcome(row.outcome),
        reason=Reason(row.reason) if row.reason else None,
        target=row.target,
        tokens=Tokens(
            input=row.input_tokens,
            output=row.output_tokens,
            cached_input=row.cached_input_tokens,
            reasoning=row.reasoning_tokens,
            cache_write=row.cache_write_tokens,
        ),
        cost_nanos=row.cost_nanos,
        trace_id=row.trace_id,
        criticality=row.criticality,
        cache=Cache(row.cache) if row.cache else None,
        continued_at=row.continued_at,
        degraded=row.degraded,
        operation=row.operation,
    )
