"""`seawall.requests.v1`: every request that a gateway finished."""

from enum import StrEnum
from typing import ClassVar

from events.base import Event, Fact, Money, Time, Tokens, written
from resilience.errors import Reason


class Outcome(StrEnum):
    """How a request or an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The caller left, or another attempt won."""


class Cause(StrEnum):
    """Why an attempt was made."""

    FIRST = "first"
    RETRY = "retry"
    """The same target again."""
    FALLBACK = "fallback"
    """The next target, after another failed."""
    HEDGE = "hedge"
    """Beside an attempt that was slow."""
    CONTINUATION = "continuation"
    """To finish an answer that broke off."""
    DEGRADATION = "degradation"
    """A smaller model, after every target of the route failed."""
    SHADOW = "shadow"
    """A copy whose answer nobody sees."""


class Cache(StrEnum):
    """Which cache answered instead of a target."""

    EXACT = "exact"
    STALE = "stale"
    """Past its time, after every target failed."""
    SHARED = "shared"
    """The answer of an identical request that was under way."""


class PlannedTarget(Fact, frozen=True, kw_only=True):
    """A target that was considered."""

    target: str
    """`provider/model`."""
    position: int
    """Order of asking, from 1; 0 where it was left out."""
    explanation: str
    """Why it stands there, or why it was left out."""


class Attempt(Fact, frozen=True, kw_only=True):
    """One call to one target."""

    number: int
    target: str
    started_at: Time
    duration_ms: float
    first_token_ms: float | None = None
    """Of streamed calls."""
    outcome: Outcome
    reason: Reason | None = None
    vendor_status: int | None = None
    cause: Cause | None = None
    """Absent in events older than 1.1.0."""
    tokens: Tokens | None = None
    tokens_estimated: bool = written(False)
    """The vendor did not tell: the attempt broke off or was cancelled."""
    cost: Money | None = None
    """Absent where the price or the usage is not known."""


class RequestFinished(Event, frozen=True, kw_only=True):
    """A gateway answered a request, with an answer or an error. Never holds message content."""

    type: ClassVar[str] = "seawall.request.finished"

    request_id: str
    organization: str
    project: str
    key: str
    """Name of the key within the project, never its secret."""
    model: str
    """As the caller asked for it."""
    operation: str = written("chat")
    stream: bool
    started_at: Time
    duration_ms: float
    first_token_ms: float | None = None
    outcome: Outcome
    reason: Reason | None = None
    target: str | None = None
    """Target that answered."""
    tokens: Tokens = written(Tokens())
    """Over all attempts."""
    cost: Money | None = None
    """Over all attempts; absent where a part of it is not known."""
    criticality: str | None = None
    """`critical`, `default`, `batch` or `sheddable`."""
    cache: Cache | None = None
    """Absent where a target was asked."""
    continued_at: int | None = None
    """Characters of the answer that were sent when it broke off and another attempt went on."""
    degraded: str | None = None
    """`stale_answer`, `smaller_model` or `static_answer`, where no target of the route answered."""
    trace_id: str | None = None
    plan: tuple[PlannedTarget, ...] = written(())
    attempts: tuple[Attempt, ...] = written(())
