"""The tables. Moments are integers: milliseconds since 1970, UTC, or seconds where a name says so.

Integers mean the same on both databases, and an hour or a day is a division, so that grouping needs no dialect.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from chassis.storage.columns import BIG_ID


class LedgerRow(SQLModel, table=True):
    """One finished request. The key makes that it is entered once."""

    __tablename__ = "requests"
    __table_args__ = (
        Index("ix_requests_newest", "organization", "finished_ms", "request_id"),
        Index("ix_requests_project", "organization", "project", "finished_ms", "request_id"),
        Index("ix_requests_model", "organization", "model", "finished_ms", "request_id"),
        Index("ix_requests_key", "organization", "key", "finished_ms", "request_id"),
        Index("ix_requests_oldest", "finished_ms"),
    )

    organization: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    project: str
    key: str
    model: str
    stream: bool
    started_ms: int = Field(sa_type=BigInteger)
    finished_ms: int = Field(sa_type=BigInteger)
    first_token_ms: int | None = Field(sa_type=BigInteger)
    """After the start."""
    outcome: str
    reason: str
    """Empty where it succeeded."""
    target: str
    """Empty where none answered."""
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    cached_input_tokens: int = Field(sa_type=BigInteger)
    reasoning_tokens: int = Field(sa_type=BigInteger)
    cost_nanos: int | None = Field(sa_type=BigInteger)
    """Billionths of a US dollar; NULL where the price is not known."""
    trace_id: str
    # The database, too, has their defaults: during an upgrade a replica without these columns may still enter rows.
    criticality: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Empty where it was not told."""
    cache: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Empty where no cache answered."""
    continued_at: int | None = Field(default=None, sa_type=BigInteger)
    """Characters; NULL where the answer did not break off."""
    degraded: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Empty where a target of the route answered, or nothing did."""
    cache_write_tokens: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    operation: str = Field(default="chat", sa_column_kwargs={"server_default": "chat"})


class DetailRow(SQLModel, table=True):
    """Plan and attempts of a request, as JSON: they are read whole, with one request, and nothing selects by them.

    A table of its own, because sums and lists read many ledger rows, and these are ten times as wide.
    """

    __tablename__ = "request_details"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization", "request_id"], ["requests.organization", "requests.request_id"], ondelete="CASCADE"
        ),
    )

    organization: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    plan: list[dict[str, Any]] = Field(sa_type=JSON)
    attempts: list[dict[str, Any]] = Field(sa_type=JSON)


class SecondRow(SQLModel, table=True):
    """Attempts of one batch of events that a target ended in one second in one way.

    Rows are only ever added, so that replicas and batches do not wait for each other; who reads adds them up.
    """

    __tablename__ = "target_seconds"
    __table_args__ = (
        Index("ix_target_seconds_recent", "second"),
        Index("ix_target_seconds_target", "organization", "target", "second"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    organization: str
    target: str
    second: int = Field(sa_type=BigInteger)
    reason: str
    """Empty where they succeeded."""
    attempts: int
    latency: bytes | None
    """A sketch of milliseconds (see sketch.py); NULL where there is none."""
    first_token: bytes | None


class TargetRow(SQLModel, table=True):
    """The verdict that stands on a target, with what it rests on."""

    __tablename__ = "targets"

    organization: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    verdict: str
    explanation: str
    attempts: int
    failures: int
    since_ms: int = Field(sa_type=BigInteger)
    seen_ms: int = Field(sa_type=BigInteger)


class BreakerRow(SQLModel, table=True):
    """What a gateway told last of its breaker of a target."""

    __tablename__ = "breakers"
    __table_args__ = (Index("ix_breakers_counting", "counts_until_ms"),)

    organization: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    gateway: str = Field(primary_key=True)
    state: str
    explanation: str
    told_us: int = Field(sa_type=BigInteger)
    """Microseconds: the order of what the gateway tells, of which two may fall in one millisecond."""
    since_ms: int = Field(sa_type=BigInteger)
    until_ms: int | None = Field(sa_type=BigInteger)
    """NULL unless it is open."""
    counts_until_ms: int = Field(sa_type=BigInteger)


TABLES = (LedgerRow, DetailRow, SecondRow, TargetRow, BreakerRow)
