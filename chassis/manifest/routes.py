"""The sections of `seawall.yaml` that say where a model's requests go, and how hard they try."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from chassis.manifest import bounds
from chassis.manifest.fields import (
    AutoDuration,
    CacheDuration,
    Count,
    Duration,
    Flag,
    Name,
    Number,
    Section,
    Text,
    switch,
)

Weight = Annotated[Number, AfterValidator(bounds.WEIGHT.check)]
Share = Annotated[Number, AfterValidator(bounds.SHARE.check)]
Rate = Annotated[Number, AfterValidator(bounds.RATE.check)]
Calls = Annotated[Count, AfterValidator(bounds.CALLS.check)]


def _breaker(value: object) -> object:
    match switch(value):
        case bounds.OFF:
            return {"off": True}
        case bounds.AUTO:
            return {}
        case dict() as fields:
            # The key, too, is a boolean where it is a bare `off`.
            return {bounds.OFF if key is False else key: said for key, said in fields.items()}
        case other:
            return other


def _counted(targets: tuple[object, ...]) -> tuple[object, ...]:
    # Not by `min_length`, which counts only those that are right.
    if not targets:
        raise ValueError("is empty")
    bounds.TARGETS.check(len(targets))
    return targets


class Capabilities(Section):
    """What a target can do; the vendor's usual where absent."""

    prefill: Flag | None = None
    tools: Flag | None = None
    json_schema: Flag | None = None
    vision: Flag | None = None
    context_window: Annotated[Count, AfterValidator(bounds.CONTEXT_WINDOW.check)] = 0
    """Tokens; not known where 0."""


class SpareTarget(Section):
    """A provider and one of its models, asked in the order in which it is written."""

    provider: Name
    model: Text
    capabilities: Capabilities = Capabilities()


class Target(SpareTarget):
    """A provider and one of its models, among which the route's strategy chooses."""

    weight: Weight | None = None
    quality: Share | None = None
    canary: Share = 0.0
    shadow: Share = 0.0


SpareTargets = Annotated[tuple[SpareTarget, ...], AfterValidator(_counted)]


class Breaker(Section):
    """When a target is not asked for a while; the gateway's defaults where absent."""

    off: Flag = False
    failure_rate: Rate | None = None
    minimum_calls: Calls | None = None
    window: Duration | None = None
    window_calls: Calls | None = None
    consecutive_failures: Calls | None = None
    open: Duration | None = None
    probes: Annotated[Count, AfterValidator(bounds.PROBES.check)] | None = None
    slow_call: Duration | None = None
    slow_rate: Rate | None = None


class Fallback(Section):
    """Where requests go that failed for a reason."""

    reason: Annotated[str, AfterValidator(bounds.FALLBACK_REASONS.check)]
    targets: SpareTargets


class Cache(Section):
    """Answers that are given again to exactly the same request of the same project; none where absent."""

    ttl: CacheDuration | None = None
    stale: CacheDuration | None = None


class Degradation(Section):
    """What a caller gets where no target of the route answers."""

    targets: SpareTargets = ()
    answer: Annotated[str, Field(max_length=bounds.ANSWER)] = ""


class Policy(Section):
    """How hard a route tries; the gateway's defaults where absent."""

    timeout: Duration | None = None
    first_token_timeout: AutoDuration = None
    idle_timeout: AutoDuration = None
    retries: Annotated[Count, AfterValidator(bounds.RETRIES.check)] | None = None
    max_attempts: Annotated[Count, AfterValidator(bounds.MAX_ATTEMPTS.check)] | None = None
    hedge: Annotated[str, BeforeValidator(switch), AfterValidator(bounds.HEDGES.check)] = bounds.AUTO
    continuation: Annotated[str, AfterValidator(bounds.CONTINUATIONS.check)] = bounds.AUTO
    breaker: Annotated[Breaker, BeforeValidator(_breaker)] = Breaker()
    fallbacks: tuple[Fallback, ...] = ()
    cache: Cache = Cache()
    single_flight: Flag = False
    degradation: Degradation = Degradation()
    unsupported: Annotated[str, AfterValidator(bounds.UNSUPPORTED.check)] = bounds.AUTO


class Balance(Section):
    """How much each counts for `balanced`, relative to the others; what is left out counts nothing."""

    latency: Weight = 0.0
    cost: Weight = 0.0
    quality: Weight = 0.0


class Route(Section):
    """Where a model's requests go."""

    strategy: Annotated[str, AfterValidator(bounds.STRATEGIES.check)] = bounds.ORDERED
    targets: Annotated[tuple[Target, ...], AfterValidator(_counted)]
    policy: Policy = Policy()
    balance: Balance | None = None
    """Latency alone where absent."""
    affinity: Flag = False
