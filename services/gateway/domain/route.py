"""Where a model's requests go, and how hard they try."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from resilience.breaker import BreakerSettings
from resilience.errors import Reason


class Strategy(StrEnum):
    """What decides the order of a route's targets."""

    ORDERED = "ordered"
    WEIGHTED = "weighted"
    FASTEST = "fastest"
    CHEAPEST = "cheapest"
    BALANCED = "balanced"


class Continuation(StrEnum):
    """What becomes of an answer that breaks off after a part of it was passed on."""

    AUTO = "auto"
    """Text is continued; tool calls and JSON schemas end in an error."""
    CONTINUE = "continue"
    ERROR = "error"


class Unsupported(StrEnum):
    """What becomes of fields of a request that the target's dialect has no words for."""

    AUTO = "auto"
    """Hints are left out with a warning; what the answer is about is an error."""
    ERROR = "error"
    DROP = "drop"
    """All are left out with a warning."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a target can do."""

    prefill: bool = True
    """Whether it goes on with an answer that was begun."""
    tools: bool = True
    json_schema: bool = True
    vision: bool = True
    context_window: int = 0
    """Tokens of prompt and answer together; not known where 0."""


@dataclass(frozen=True, slots=True)
class Target:
    """A provider and one of its models."""

    provider: str
    model: str
    weight: float = 1.0
    """Share of requests relative to the other targets' weights; none where 0."""
    quality: float = 0.5
    """How good its answers are, 0 to 1, as the operator says."""
    canary: float = 0.0
    """Share of requests, 0 to 1, that ask it first, whatever the strategy says."""
    shadow: float = 0.0
    """Share of requests, 0 to 1, that are sent to it as well; nobody sees the answers."""
    capabilities: Capabilities = Capabilities()
    name: str = field(init=False)
    """`provider/model`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.provider}/{self.model}")


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """Answers that are given again to exactly the same request of the same project. Times are seconds."""

    ttl: float = 0.0
    """How long an answer is given again; never where 0."""
    stale: float = 0.0
    """How much longer it may be given where no target answers."""


@dataclass(frozen=True, slots=True)
class Degradation:
    """What a caller gets where no target of the route answers, after a stale answer of the cache."""

    targets: tuple[Target, ...] = ()
    """Smaller models."""
    answer: str = ""
    """A text of its own; none where empty."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How much each counts for `balanced`, relative to the others."""

    latency: float = 1.0
    cost: float = 0.0
    quality: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How hard a route tries. Times are seconds."""

    timeout: float = 60.0
    """For the request as a whole."""
    first_token_timeout: float | None = None
    """For one attempt until its first frame; from observed latencies where None."""
    idle_timeout: float | None = None
    """Between two frames of a stream; from observed latencies where None."""
    retries: int = 1
    """Further attempts on the same target, where the failure may pass."""
    max_attempts: int = 6
    """Attempts in all."""
    hedge: bool = True
    """Whether a slow attempt is raced by another where that gains."""
    continuation: Continuation = Continuation.AUTO
    breaker: BreakerSettings | None = field(default_factory=BreakerSettings)
    """None: no breaker."""
    fallbacks: Mapping[Reason, tuple[Target, ...]] = field(default_factory=dict)
    """Where requests go that failed for a reason; these targets need not be of the route."""
    cache: CachePolicy = CachePolicy()
    single_flight: bool = False
    """Whether identical requests that are under way together make one call."""
    degradation: Degradation = Degradation()
    unsupported: Unsupported = Unsupported.AUTO


@dataclass(frozen=True, slots=True)
class Route:
    """A model's targets, as they were written."""

    targets: tuple[Target, ...]
    policy: Policy = Policy()
    strategy: Strategy = Strategy.ORDERED
    balance: Balance = Balance()
    affinity: bool = False
    """Whether requests of one session go to the same target while it can answer."""
