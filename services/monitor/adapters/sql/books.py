"""Writes the ledger and the statistics of targets, in one transaction."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from msgspec import to_builtins
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.storage.database import Database
from chassis.storage.statements import insert_ignore, table_of
from chassis.storage.tables import Tables
from events.requests import RequestFinished
from services.monitor.adapters.sql.sketch import Sketch
from services.monitor.adapters.sql.tables import DetailRow, LedgerRow, SecondRow
from services.monitor.adapters.sql.times import milliseconds
from services.monitor.domain.ledger import finished_at
from services.monitor.domain.money import nanos_of
from services.monitor.domain.statistics import Observation

MOST_TOKENS = 10**12
"""What one request may use; a larger figure is a fault of its producer, and would overflow the sums."""
MOST_CHARACTERS = 10**12
"""Of one answer; likewise."""


class SqlBooks:
    """See Books."""

    def __init__(self, db: Database, tables: Tables) -> None:
        self._db = db
        self._tables = tables

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["SqlOpenBooks"]:
        """See Books."""
        self._tables.demand()
        async with self._db.transaction() as session:
            yield SqlOpenBooks(session)


class SqlOpenBooks:
    """See OpenBooks."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def enter(self, requests: Sequence[RequestFinished]) -> Sequence[RequestFinished]:
        """See OpenBooks."""
        # Sorted, so that replicas that are given the same requests take their rows in the same order.
        told = dict(sorted({(r.organization, r.request_id): r for r in reversed(requests)}.items()))
        entered = await insert_ignore(self._session, LedgerRow, [_ledger_row(request) for request in told.values()])
        new = [told[organization, request_id] for organization, request_id in entered]
        await self._insert(DetailRow, [_detail_row(request) for request in new])
        return new

    async def note(self, observations: Sequence[Observation]) -> None:
        """See OpenBooks."""
        await self._insert(SecondRow, [_second_row(observation) for observation in observations])

    async def _insert(self, model: type[DetailRow | SecondRow], rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            await (await self._session.connection()).execute(sa.insert(table_of(model)), rows)


def _ledger_row(request: RequestFinished) -> dict[str, Any]:
    tokens = request.tokens
    used = (tokens.input, tokens.output, tokens.cached_input, tokens.reasoning, tokens.cache_write)
    if not all(0 <= count <= MOST_TOKENS for count in used):
        raise ValueError(f"request {request.request_id!r} tells of an impossible number of tokens")
    if not 0 <= (request.continued_at or 0) <= MOST_CHARACTERS:
        raise ValueError(f"request {request.request_id!r} went on at an impossible place")
    if request.duration_ms < 0:
        raise ValueError(f"request {request.request_id!r} ended before it began")
    return {
        "organization": request.organization,
        "request_id": request.request_id,
        "project": request.project,
        "key": request.key,
        "model": request.model,
        "stream": request.stream,
        "started_ms": milliseconds(request.started_at),
        "finished_ms": milliseconds(finished_at(request)),
        "first_token_ms": None
        if request.first_token_ms is None
        else timedelta(milliseconds=request.first_token_ms) // timedelta(milliseconds=1),
        "outcome": request.outcome.value,
        "reason": request.reason.value if request.reason else "",
        "target": request.target or "",
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cached_input_tokens": tokens.cached_input,
        "reasoning_tokens": tokens.reasoning,
        "cache_write_tokens": tokens.cache_write,
        "cost_nanos": nanos_of(request.cost) if request.cost else None,
        "trace_id": request.trace_id or "",
        "criticality": request.criticality or "",
        "cache": request.cache.value if request.cache else "",
        "continued_at": request.continued_at,
        "degraded": request.degraded or "",
        "operation": request.operation,
    }


def _detail_row(request: RequestFinished) -> dict[str, Any]:
    return {
        "organization": request.organization,
        "request_id": request.request_id,
        "plan": [to_builtins(planned) for planned in request.plan],
        "attempts": [to_builtins(attempt) for attempt in request.attempts],
    }


def _second_row(observation: Observation) -> dict[str, Any]:
    return {
        "organization": observation.name.organization,
        "target": observation.name.target,
        "second": observation.second,
        "reason": observation.reason.value if observation.reason else "",
        "attempts": observation.attempts,
        "latency": Sketch(observation.latencies).encode() if observation.latencies else None,
        "first_token": Sketch(observation.first_tokens).encode() if observation.first_tokens else None,
    }
