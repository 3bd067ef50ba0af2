"""Usage: sums over the ledger, grouped."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from resilience.errors import Failure, Reason

MOST_ROWS = 10_000
DEFAULT_RANGE = timedelta(hours=24)


class UsageGroup(StrEnum):
    """What usage is grouped by; hours and days are UTC's."""

    PROJECT = "project"
    MODEL = "model"
    KEY = "key"
    TARGET = "target"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True)
class UsageQuery:
    """Whose usage, when (`start` inclusive, `end` exclusive), and of what; an empty filter lets everything through."""

    organization: str
    start: datetime
    end: datetime
    group_by: frozenset[UsageGroup]
    project: str = ""
    model: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise Failure(Reason.INVALID_REQUEST, "start_time must be before end_time.", detail={"field": "start_time"})


@dataclass(frozen=True)
class Usage:
    """One group's sums. What it is not grouped by is empty."""

    project: str
    model: str
    key: str
    target: str
    time: datetime | None
    requests: int
    failed_requests: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    reasoning_tokens: int
    cache_write_tokens: int
    cost_nanos: int
    unpriced_requests: int
