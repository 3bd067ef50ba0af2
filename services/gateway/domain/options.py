"""What a caller asks of Seawall, beside what it asks of the model."""

from dataclasses import dataclass

from resilience.criticality import Criticality
from services.gateway.domain.route import Continuation


@dataclass(frozen=True, slots=True)
class Overrides:
    """Parts of the route's policy for one request; what is None stays as the route says. Times are seconds."""

    retries: int | None = None
    max_attempts: int | None = None
    hedge: bool | None = None
    continuation: Continuation | None = None
    first_token_timeout: float | None = None
    idle_timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """One request's."""

    timeout: float | None = None
    """Seconds that the caller allows; as the route says where None."""
    criticality: Criticality | None = None
    """The project's where None."""
    session: str = ""
    """What belongs together, for routes with affinity."""
    overrides: Overrides | None = None
    no_store: bool = False
    """Neither read the answer from the cache nor keep it there."""
    idempotency_key: str = ""
