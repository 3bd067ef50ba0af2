"""What the ledger shows of finished requests, and how its lists are asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from events.base import Tokens
from events.requests import Attempt, Cache, Outcome, PlannedTarget, RequestFinished
from resilience.errors import Reason


@dataclass(frozen=True)
class Entry:
    """One finished request as the ledger holds it; moments and durations are of whole milliseconds."""

    organization: str
    request_id: str
    project: str
    key: str
    model: str
    stream: bool
    started_at: datetime
    duration: timedelta
    first_token: timedelta | None
    outcome: Outcome
    reason: Reason | None
    target: str
    """Empty where none answered."""
    tokens: Tokens
    cost_nanos: int | None
    """None where the price is not known."""
    trace_id: str
    criticality: str
    """Empty where it was not told."""
    cache: Cache | None
    continued_at: int | None
    """Characters that were sent when the answer broke off and another attempt went on."""
    degraded: str
    """`stale_answer`, `smaller_model` or `static_answer`; empty where a target of the route, or nothing, answered."""
    operation: str
    """What was asked for, in OpenTelemetry's words: `chat`, `embeddings`, `text_completion`; or `count_tokens`."""


@dataclass(frozen=True)
class Detail:
    """An entry with its plan and attempts."""

    entry: Entry
    plan: tuple[PlannedTarget, ...]
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Position:
    """A place in the list of an organization's requests, newest first."""

    finished_ms: int
    """Since 1970."""
    request_id: str


@dataclass(frozen=True)
class RequestFilter:
    """Which of an organization's requests; an empty field lets everything through."""

    organization: str
    project: str = ""
    model: str = ""
    key: str = ""
    outcome: Outcome | None = None


def finished_at(request: RequestFinished) -> datetime:
    """When `request` was answered."""
    return request.started_at + timedelta(milliseconds=request.duration_ms)
