"""Keeps the verdicts, and tells of each change through the outbox."""

import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.storage.database import Database
from chassis.storage.outbox import enqueue
from chassis.storage.statements import insert_ignore
from events.cloudevents import Record, encode
from events.health import TargetVerdictChanged, Verdict
from events.topics import HEALTH
from resilience.errors import Reason
from services.monitor.adapters.sql.tables import SecondRow, TargetRow
from services.monitor.adapters.sql.times import milliseconds, moment
from services.monitor.domain.statistics import TargetName
from services.monitor.domain.verdict import Judgement, Standing, Tally

SOURCE = "/seawall/monitor"


class SqlBench:
    """See Bench. `told` is called after a commit that left something in the outbox; it must not block or raise."""

    def __init__(self, db: Database, *, told: Callable[[], None]) -> None:
        self._db = db
        self._told = told

    @asynccontextmanager
    async def presiding(self) -> AsyncIterator[bool]:
        """See Bench."""
        async with self._db.leader("verdicts") as leads:
            yield leads

    async def tallies(self, after: int) -> Mapping[TargetName, Sequence[Tally]]:
        """See Bench."""
        key = (col(SecondRow.organization), col(SecondRow.target), col(SecondRow.second), col(SecondRow.reason))
        statement = sa.select(*key, sa.func.sum(SecondRow.attempts)).where(col(SecondRow.second) > after).group_by(*key)
        found: defaultdict[TargetName, list[Tally]] = defaultdict(list)
        async with self._db.read() as session:
            for organization, target, second, reason, attempts in await (await session.connection()).execute(statement):
                tally = Tally(second, Reason(reason) if reason else None, int(attempts))
                found[TargetName(organization, target)].append(tally)
        return found

    async def standing(self, names: Sequence[TargetName]) -> Mapping[TargetName, Standing]:
        """See Bench."""
        # By organization: a few statements, however many targets, and none with a parameter a target.
        wanted = set(names)
        organizations = {name.organization for name in names}
        statement = select(TargetRow).where(col(TargetRow.organization).in_(organizations))
        async with self._db.read() as session:
            rows = (await session.exec(statement)).all()
        return {stands.name: stands for row in rows if (stands := standing_of(row)).name in wanted}

    async def seat(self, newcomers: Sequence[Standing]) -> None:
        """See Bench."""
        async with self._db.transaction() as session:
            await insert_ignore(session, TargetRow, [_row(newcomer).model_dump() for newcomer in newcomers])

    async def pronounce(self, previous: Standing, new: Standing) -> bool:
        """See Bench."""
        values = _row(new).model_dump(exclude={"organization", "target"})
        statement = (
            sa.update(TargetRow)
            .where(
                col(TargetRow.organization) == new.name.organization,
                col(TargetRow.target) == new.name.target,
                col(TargetRow.verdict) == previous.judgement.verdict.value,
            )
            .values(values)
        )
        async with self._db.transaction() as session:
            stood = (await session.exec(statement)).rowcount == 1
            if stood:
                await enqueue(session, _record(previous, new))
        if stood:
            self._told()
        return stood

    async def see(self, names: Sequence[TargetName], now: datetime) -> None:
        """See Bench."""
        async with self._db.transaction() as session:
            for name in names:
                await session.exec(
                    sa.update(TargetRow)
                    .where(col(TargetRow.organization) == name.organization, col(TargetRow.target) == name.target)
                    .values(seen_ms=milliseconds(now))
                )


def standing_of(row: TargetRow) -> Standing:
    """What `row` says."""
    return Standing(
        TargetName(row.organization, row.target),
        Judgement(Verdict(row.verdict), row.explanation, row.attempts, row.failures),
        since=moment(row.since_ms),
        seen=moment(row.seen_ms),
    )


def _row(standing: Standing) -> TargetRow:
    return TargetRow(
        organization=standing.name.organization,
        target=standing.name.target,
        verdict=standing.judgement.verdict.value,
        explanation=standing.judgement.explanation,
        attempts=standing.judgement.attempts,
        failures=standing.judgement.failures,
        since_ms=milliseconds(standing.since),
        seen_ms=milliseconds(standing.seen),
    )


def _record(previous: Standing, new: Standing) -> Record:
    changed = TargetVerdictChanged(
        organization=new.name.organization,
        target=new.name.target,
        verdict=new.judgement.verdict,
        previous=previous.judgement.verdict,
        explanation=new.judgement.explanation,
        since=new.since,
        attempts=new.judgement.attempts,
        failures=new.judgement.failures,
    )
    return encode(
        HEALTH,
        changed,
        event_id=str(uuid.uuid4()),
        source=SOURCE,
        time=new.since,
        key=f"{new.name.organization}/{new.name.target}",
    )
