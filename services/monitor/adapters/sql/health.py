"""Reads how targets do: the verdict that stands, and the merged statistics of the last minute."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.storage.database import Database
from chassis.storage.tables import Tables
from resilience.errors import Reason
from services.monitor.adapters.sql.bench import standing_of
from services.monitor.adapters.sql.sketch import Sketch
from services.monitor.adapters.sql.tables import SecondRow, TargetRow
from services.monitor.adapters.sql.times import milliseconds
from services.monitor.domain.health import Quantiles, TargetHealth
from services.monitor.domain.verdict import LONG


@dataclass
class _Figures:
    attempts: int = 0
    failures: Counter[Reason] = field(default_factory=Counter)
    latency: Sketch = field(default_factory=Sketch)
    first_token: Sketch = field(default_factory=Sketch)

    def add(self, row: SecondRow) -> None:
        self.attempts += row.attempts
        if row.reason:
            self.failures[Reason(row.reason)] += row.attempts
        if row.latency is not None:
            self.latency.merge(Sketch.decode(row.latency))
        if row.first_token is not None:
            self.first_token.merge(Sketch.decode(row.first_token))


class SqlHealthReader:
    """See HealthReader."""

    def __init__(self, db: Database, tables: Tables) -> None:
        self._db = db
        self._tables = tables

    async def health(
        self, organization: str, *, now: datetime, seen_after: datetime, after: str, limit: int
    ) -> Sequence[TargetHealth]:
        """See HealthReader."""
        targets = (
            select(TargetRow)
            .where(
                col(TargetRow.organization) == organization,
                col(TargetRow.target) > after,
                col(TargetRow.seen_ms) > milliseconds(seen_after),
            )
            .order_by(col(TargetRow.target))
            .limit(limit)
        )
        self._tables.demand()
        async with self._db.read() as session:
            rows = (await session.exec(targets)).all()
            figures: defaultdict[str, _Figures] = defaultdict(_Figures)
            if rows:
                seconds = select(SecondRow).where(
                    col(SecondRow.organization) == organization,
                    sa.between(col(SecondRow.target), rows[0].target, rows[-1].target),
                    col(SecondRow.second) > int(now.timestamp()) - LONG,
                )
                for second in (await session.exec(seconds)).all():
                    figures[second.target].add(second)
        return [_health(row, figures[row.target]) for row in rows]


def _health(row: TargetRow, figures: _Figures) -> TargetHealth:
    return TargetHealth(
        standing=standing_of(row),
        attempts=figures.attempts,
        failures=dict(figures.failures),
        latency=_quantiles(figures.latency),
        first_token=_quantiles(figures.first_token),
    )


def _quantiles(sketch: Sketch) -> Quantiles | None:
    return Quantiles(*sketch.quantiles(0.50, 0.95, 0.99)) if sketch.count else None
