"""Keeps what gateways told of their breakers: a row for each gateway and target, and the latest stands."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from chassis.storage.database import Database
from chassis.storage.statements import table_of
from chassis.storage.tables import Tables
from events.breakers import BreakerState
from services.monitor.adapters.sql.tables import BreakerRow
from services.monitor.adapters.sql.times import EPOCH, milliseconds, moment
from services.monitor.domain.breaker import GatewayBreaker
from services.monitor.domain.statistics import TargetName

_MICROSECOND = timedelta(microseconds=1)


class SqlBreakers:
    """See Breakers."""

    def __init__(self, db: Database, tables: Tables) -> None:
        self._db = db
        self._tables = tables

    async def keep(self, breakers: Sequence[GatewayBreaker]) -> None:
        """See Breakers. The condition on the row makes that order and repetition do not matter."""
        # Sorted, so that replicas that are given the same breakers take their rows in the same order.
        latest = {(b.name, b.gateway): b for b in sorted(breakers, key=lambda b: (b.name, b.gateway, b.told))}
        if not latest:
            return
        table = table_of(BreakerRow)
        insert = postgresql.insert(table) if self._db.is_postgres else sqlite.insert(table)
        key = {column.name for column in table.primary_key.columns}
        statement = insert.on_conflict_do_update(
            index_elements=sorted(key),
            set_={column.name: insert.excluded[column.name] for column in table.columns if column.name not in key},
            where=table.c.told_us < insert.excluded.told_us,
        )
        self._tables.demand()
        async with self._db.transaction() as session:
            await (await session.connection()).execute(statement, [_row(breaker) for breaker in latest.values()])

    async def counting(self, now: datetime) -> Mapping[TargetName, Sequence[GatewayBreaker]]:
        """See Breakers."""
        statement = select(BreakerRow).where(col(BreakerRow.counts_until_ms) >= milliseconds(now))
        found: defaultdict[TargetName, list[GatewayBreaker]] = defaultdict(list)
        async with self._db.read() as session:
            for row in (await session.exec(statement)).all():
                found[TargetName(row.organization, row.target)].append(_breaker(row))
        return found


def _row(breaker: GatewayBreaker) -> dict[str, Any]:
    return {
        "organization": breaker.name.organization,
        "target": breaker.name.target,
        "gateway": breaker.gateway,
        "state": breaker.state.value,
        "explanation": breaker.explanation,
        "told_us": (breaker.told - EPOCH) // _MICROSECOND,
        "since_ms": milliseconds(breaker.since),
        "until_ms": milliseconds(breaker.until) if breaker.until else None,
        "counts_until_ms": milliseconds(breaker.counts_until),
    }


def _breaker(row: BreakerRow) -> GatewayBreaker:
    return GatewayBreaker(
        TargetName(row.organization, row.target),
        row.gateway,
        BreakerState(row.state),
        row.explanation,
        told=EPOCH + row.told_us * _MICROSECOND,
        since=moment(row.since_ms),
        until=moment(row.until_ms) if row.until_ms is not None else None,
    )
