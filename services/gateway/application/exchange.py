"""One request on its way through the stages: each stage reads what it needs and adds what it found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from opentelemetry import trace

from chassis.principal import Principal
from events.requests import Cache, Outcome
from resilience.criticality import Criticality
from resilience.errors import Reason
from services.gateway.domain.attempt import Attempt
from services.gateway.domain.chat import Chat
from services.gateway.domain.configuration import Organization, Project
from services.gateway.domain.dialect import Dialect
from services.gateway.domain.limits import Decision
from services.gateway.domain.options import Options
from services.gateway.domain.plan import Plan
from services.gateway.domain.route import Policy, Route


class Degraded(StrEnum):
    """What a caller got where no target of the route answered."""

    STALE_ANSWER = "stale_answer"
    SMALLER_MODEL = "smaller_model"
    STATIC_ANSWER = "static_answer"


@dataclass(slots=True)
class Exchange:
    """A request and what has become of it so far. What a stage sets is not there before it ran."""

    id: str
    secret: str | None
    """The key as the caller showed it."""
    body: bytes
    stream: bool | None
    """None: as the body says."""
    options: Options
    started_at: datetime
    started: float
    """On the monotonic clock."""
    span: trace.Span
    dialect: Dialect
    """What the body is written in, and its answer is to be."""
    operation: str = "chat"
    """What the ledger calls it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What of the caller's a vendor of the same dialect is told, by lower-case names."""

    # authenticate
    principal: Principal = field(init=False)
    organization: Organization = field(init=False)
    project: Project = field(init=False)
    # shed
    criticality: Criticality = Criticality.DEFAULT
    # go on from
    previous_response: str = ""
    """Id of the response that this one goes on from; empty where it begins a conversation, or says all of it itself."""
    # admit
    limit: Decision | None = None
    # guard
    chat: Chat = field(init=False)
    route: Route = field(init=False)
    policy: Policy = field(init=False)
    """The route's, with what the request sets for itself."""
    deadline: float = field(init=False)
    """On the monotonic clock."""
    # recall
    cache: Cache | None = None
    """Which cache answered; None where a target did."""
    cache_key: str | None = None
    """What the answer is kept under; None where it is not."""
    age: float | None = None
    """Seconds since the answer was made, where it is one of the cache."""
    # plan
    plan: Plan | None = None
    """None: the request was refused before it was planned, or answered from a cache."""
    # attempt
    attempts: list[Attempt] = field(default_factory=list)
    answering: Attempt | None = None
    """Whose answer the caller gets."""
    first_token: float | None = None
    """Seconds from the start to the first frame."""
    continued_at: int | None = None
    """Characters of the answer that were passed on when it broke off and another attempt went on."""
    degraded: Degraded | None = None
    estimated: bool = False
    """The answer is a count that no vendor made."""
    dropped: tuple[str, ...] = ()
    """Fields of the request that whoever answered was not told."""
    # settle
    outcome: Outcome | None = None
    reason: Reason | None = None
    cost: int | None = None
    """Nanodollars; None where it is not known."""

    @property
    def target(self) -> str:
        """Name of the target whose answer the caller gets; empty where there is none."""
        return self.answering.target.name if self.answering is not None else ""

    def asking(self, now: float) -> float:
        """Seconds in which at least one target was being asked."""
        total, until = 0.0, self.started
        for attempt in self.attempts:
            ended = now if attempt.ended is None else attempt.ended
            total += max(0.0, ended - max(attempt.started, until))
            until = max(until, ended)
        return total
