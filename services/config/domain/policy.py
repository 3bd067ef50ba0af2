"""How hard a route tries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from chassis.manifest import bounds
from services.config.domain.faults import at, hold, invalid
from services.config.domain.target import Target, check_spares


@dataclass(frozen=True)
class Breaker:
    """When a target is not asked for a while; the gateway's default holds where a value is None."""

    off: bool = False
    failure_rate: float | None = None
    minimum_calls: int | None = None
    window: timedelta | None = None
    window_calls: int | None = None
    consecutive_failures: int | None = None
    open: timedelta | None = None
    probes: int | None = None
    slow_call: timedelta | None = None
    slow_rate: float | None = None

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where a value is out of bounds, or says something of no breaker."""
        if self.off and self != Breaker(off=True):
            raise invalid("off", "leaves nothing else to be said of the breaker")
        hold("failure_rate", self.failure_rate, bounds.RATE.check)
        hold("minimum_calls", self.minimum_calls, bounds.CALLS.check)
        hold("window", self.window, bounds.TIME.check)
        hold("window_calls", self.window_calls, bounds.CALLS.check)
        if self.window_calls is not None and self.window is not None:
            raise invalid("window_calls", "counts the last calls instead of those within window: only one can be said")
        if self.window_calls is not None and self.minimum_calls is not None and self.minimum_calls > self.window_calls:
            raise invalid("minimum_calls", "must be at most window_calls, or the rate would never mean anything")
        hold("consecutive_failures", self.consecutive_failures, bounds.CALLS.check)
        hold("open", self.open, bounds.TIME.check)
        hold("probes", self.probes, bounds.PROBES.check)
        hold("slow_call", self.slow_call, bounds.TIME.check)
        hold("slow_rate", self.slow_rate, bounds.RATE.check)


@dataclass(frozen=True)
class Fallback:
    """Where requests go that failed for a reason."""

    reason: str
    targets: tuple[Target, ...]

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where no other target helps against the reason, or a target is wrong."""
        hold("reason", self.reason, bounds.FALLBACK_REASONS.check)
        check_spares("targets", self.targets)


@dataclass(frozen=True)
class Cache:
    """How long an answer is given again (never where None), and how much longer where no target answers."""

    ttl: timedelta | None = None
    stale: timedelta | None = None

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where a value is out of bounds."""
        hold("ttl", self.ttl, bounds.CACHE_TIME.check)
        hold("stale", self.stale, bounds.CACHE_TIME.check)
        if self.stale is not None and self.ttl is None:
            raise invalid("stale", "needs ttl: what is not kept does not get stale")


@dataclass(frozen=True)
class Degradation:
    """What a caller gets where no target answers: a smaller model's answer, then a text (none where empty)."""

    targets: tuple[Target, ...] = ()
    answer: str = ""

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where a target or the text is wrong."""
        if self.targets:
            check_spares("targets", self.targets)
        if len(self.answer) > bounds.ANSWER or "\0" in self.answer:
            raise invalid("answer", f"must be at most {bounds.ANSWER} characters, none of them NUL")


@dataclass(frozen=True)
class Policy:
    """How hard a route tries; the gateway's default holds where a value is None."""

    timeout: timedelta | None = None
    first_token_timeout: timedelta | None = None
    idle_timeout: timedelta | None = None
    retries: int | None = None
    max_attempts: int | None = None
    hedge: str = bounds.AUTO
    continuation: str = bounds.AUTO
    breaker: Breaker = Breaker()
    fallbacks: tuple[Fallback, ...] = ()
    cache: Cache = Cache()
    single_flight: bool = False
    degradation: Degradation = Degradation()
    unsupported: str = bounds.AUTO

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST) where a value is out of bounds."""
        hold("timeout", self.timeout, bounds.TIME.check)
        hold("first_token_timeout", self.first_token_timeout, bounds.TIME.check)
        hold("idle_timeout", self.idle_timeout, bounds.TIME.check)
        hold("retries", self.retries, bounds.RETRIES.check)
        hold("max_attempts", self.max_attempts, bounds.MAX_ATTEMPTS.check)
        hold("hedge", self.hedge, bounds.HEDGES.check)
        hold("continuation", self.continuation, bounds.CONTINUATIONS.check)
        with at("breaker"):
            self.breaker.check()
        reasons = set()
        for index, fallback in enumerate(self.fallbacks):
            with at(f"fallbacks[{index}]"):
                fallback.check()
                if fallback.reason in reasons:
                    raise invalid("reason", "is there twice")
            reasons.add(fallback.reason)
        with at("cache"):
            self.cache.check()
        with at("degradation"):
            self.degradation.check()
        hold("unsupported", self.unsupported, bounds.UNSUPPORTED.check)

    def targets(self) -> Iterator[tuple[str, Target]]:
        """Each target that it names, and where."""
        for index, fallback in enumerate(self.fallbacks):
            for place, target in enumerate(fallback.targets):
                yield f"fallbacks[{index}].targets[{place}]", target
        for place, target in enumerate(self.degradation.targets):
            yield f"degradation.targets[{place}]", target
