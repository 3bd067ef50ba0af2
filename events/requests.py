"""`seawall.requests.v1`: every request that a gateway finished."""

from enum import StrEnum
from typing import ClassVar

from events.base import Event, Fact, Money, Time, Tokens
from resilience.errors import Reason


class Outcome(StrEnum):
    """How a request or an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The caller left, or another attempt won."""


class PlannedTarget(Fact):
    """A target that was considered."""

    target: str
    """`provider/model`."""
    position: int
    """Order of asking, from 1; 0 where it was left out."""
    explanation: str
    """Why it stands there, or why it was left out."""


class Attempt(Fact):
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
    tokens: Tokens | None = None
    cost: Money | None = None
    """Absent where the price or the usage is not known."""


class RequestFinished(Event):
    """A gateway answered a request, with an answer or an error. Never holds message content."""

    type: ClassVar[str] = "seawall.request.finished"

    request_id: str
    organization: str
    project: str
    key: str
    """Name of the key within the project, never its secret."""
    model: str
    """As the caller asked for it."""
    operation: str = "chat"
    stream: bool
    started_at: Time
    duration_ms: float
    first_token_ms: float | None = None
    outcome: Outcome
    reason: Reason | None = None
    target: str | None = None
    """Target that answered."""
    tokens: Tokens = Tokens()
    """Over all attempts."""
    cost: Money | None = None
    """Over all attempts; absent where a part of it is not known."""
    trace_id: str | None = None
    plan: tuple[PlannedTarget, ...] = ()
    attempts: tuple[Attempt, ...] = ()
