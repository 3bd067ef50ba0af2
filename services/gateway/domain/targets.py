"""What is known of each target, learned from how it answered: whether it may be asked, and how fast it is."""

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from resilience.balance import Load
from resilience.breaker import Breaker, BreakerSettings, State, Transition
from resilience.budget import Budget
from resilience.clock import Clock
from resilience.criticality import Criticality
from resilience.errors import Failure
from resilience.hedge import Hedger
from resilience.limiter.concurrency import ConcurrencyLimit
from resilience.quantiles import Quantiles
from resilience.retry import Backoff, retry_delay
from resilience.timeout import AdaptiveTimeout
from services.gateway import metrics
from services.gateway.domain.grant import Grant, Refusal
from services.gateway.domain.token_estimate import TokenEstimate
from services.gateway.domain.token_weights import weights_of

MOST = 1_000
"""Targets that are remembered; the one not asked longest is forgotten, and begins anew."""
EXTRA_CALLS = 0.1
"""Retries and hedges, as a share of a target's calls."""
FIRST_FRAME_FLOOR, FIRST_FRAME_CEILING = 2.0, 60.0
"""Seconds between which the time for a stream's first frame is learned."""
WHOLE_FLOOR, WHOLE_CEILING = 5.0, 300.0
"""Seconds between which the time for a whole answer is learned."""
WHOLES_AT_FIRST, STREAMS_AT_FIRST = 256, 2048
"""Calls of one kind at a time before anything was learned: streams teach nothing for as long as they last."""
IDLE_FLOOR, IDLE_CEILING = 5.0, 30.0
"""Seconds between which the time between two frames is learned; the longest before anything was."""
TOLD_FOR = timedelta(seconds=2)
"""How long a target is kept out that somebody calls down without saying until when."""
REST_FIRST, REST_CAP = 0.5, 30.0
"""Seconds that a target rests which is limited and does not say for how long."""

Told = Callable[[str, str, Transition], None]
"""Hears of each transition: organization, target, what changed. Must not block."""


class Pace:
    """How fast a target answers calls of one kind, how long that may take, and how many at a time."""

    __slots__ = ("concurrency", "observed", "timeout")

    def __init__(self, clock: Clock, floor: float, ceiling: float, at_first: int) -> None:
        self.timeout = AdaptiveTimeout(floor=floor, ceiling=ceiling)
        self.observed: Quantiles = self.timeout.seen
        """How long answers took."""
        self.concurrency = ConcurrencyLimit(clock, initial=at_first, minimum=8, maximum=4096)

    def observe(self, seconds: float) -> None:
        """An answer began, or was there whole, after so long."""
        self.timeout.observe(seconds)

    def given_up(self, seconds: float) -> None:
        """An answer was not waited for any longer: it would have taken more than `seconds`."""
        self.observed.add_at_least(seconds)


@dataclass(frozen=True, slots=True)
class _Told:
    explanation: str
    until: datetime


class TargetState:
    """One target's."""

    __slots__ = (
        "_breakers",
        "_clock",
        "_load",
        "_make_breaker",
        "_rest",
        "_told",
        "budget",
        "hedger",
        "idle",
        "refuses_prefill",
        "rests_until",
        "streams",
        "tokens",
        "wholes",
    )

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        make_breaker: Callable[[BreakerSettings], Breaker],
        tokens: TokenEstimate,
    ) -> None:
        self._load: Load | None = None
        self.budget = Budget(ratio=EXTRA_CALLS, clock=clock)
        self.hedger = Hedger()
        self.streams = Pace(clock, FIRST_FRAME_FLOOR, FIRST_FRAME_CEILING, STREAMS_AT_FIRST)
        self.wholes = Pace(clock, WHOLE_FLOOR, WHOLE_CEILING, WHOLES_AT_FIRST)
        self.idle = AdaptiveTimeout(floor=IDLE_FLOOR, ceiling=IDLE_CEILING)
        self.tokens = tokens
        self.rests_until = 0.0
        """On the monotonic clock: it asked to be left alone until then."""
        self.refuses_prefill = False
        """It was asked to go on with an answer, and called that invalid."""
        self._clock = clock
        self._rest = Backoff(first=REST_FIRST, cap=REST_CAP, rng=rng)
        self._make_breaker = make_breaker
        self._breakers: dict[BreakerSettings, Breaker] = {}
        self._told: _Told | None = None

    @property
    def load(self) -> Load:
        """What its calls say about how long the next would take; begins when targets are compared by it first."""
        if self._load is None:
            self._load = Load(self._clock)
        return self._load

    def breaker(self, settings: BreakerSettings) -> Breaker:
        """Its breaker under these settings: routes that differ in them do not share one."""
        breaker = self._breakers.get(settings)
        if breaker is None:
            breaker = self._breakers[settings] = self._make_breaker(settings)
            if self._told is not None and self._told.until > self._clock.now():
                breaker.trip(self._told.explanation, until=self._told.until)
        return breaker

    def told_open(self, explanation: str, until: datetime | None) -> None:
        """Somebody else found it failing: its breakers open, and those that are made before `until`."""
        self._told = _Told(explanation, until or self._clock.now() + TOLD_FOR)
        for breaker in self._breakers.values():
            breaker.trip(explanation, until=until)

    def told_closed(self, explanation: str) -> None:
        """Somebody else found it answering again: those that are open are probed at once."""
        self._told = None
        for breaker in self._breakers.values():
            if breaker.state is State.OPEN:
                breaker.heal(explanation)

    def pace(self, *, stream: bool) -> Pace:
        """How fast answers come: streams to their first frame, others whole."""
        return self.streams if stream else self.wholes

    def grant(
        self, settings: BreakerSettings | None, criticality: Criticality, *, stream: bool, force: bool = False
    ) -> Grant | Refusal:
        """Leave to ask it once. `force`: although its breaker is open, for everything else failed."""
        permit = None
        if settings is not None:
            breaker = self.breaker(settings)
            permit = breaker.force() if force else breaker.admit()
            if permit is None:
                return Refusal.EJECTED
        slot = self.pace(stream=stream).concurrency.acquire(criticality)
        if slot is None:
            if permit is not None:
                permit.abandon()
            return Refusal.FULL
        return Grant(permit, slot, self._load.begin() if self._load is not None else None)

    def rest(self, failure: Failure) -> None:
        """Leave it alone for as long as it asks, or for a while that grows with each time it asks."""
        until = self._clock.monotonic() + retry_delay(failure, self._rest)
        self.rests_until = max(self.rests_until, until)

    def rested(self) -> None:
        """It answers again."""
        self._rest.reset()


class Targets:
    """All of them, in memory. Breakers are shared with other gateways by who listens to `on_transition`."""

    def __init__(self, clock: Clock, rng: random.Random, on_transition: Told, *, most: int = MOST) -> None:
        self._clock = clock
        self._rng = rng
        self._on_transition = on_transition
        self._most = most
        self._states: OrderedDict[tuple[str, str, bool], TargetState] = OrderedDict()

    def of(self, organization: str, target: str, *, free: bool = False) -> TargetState:
        """What is known of `target` (`provider/model`); begins with nothing.

        `free`: of how it answers what costs nothing, which has limits of its own and says nothing of the rest.
        """
        key = (organization, target, free)
        state = self._states.get(key)
        if state is None:
            _, _, model = target.partition("/")
            state = self._states[key] = TargetState(
                self._clock,
                self._rng,
                lambda settings: self._breaker(key, settings),
                TokenEstimate(weights_of(model)),
            )
            if len(self._states) > self._most:
                self._states.popitem(last=False)
        else:
            self._states.move_to_end(key)
        return state

    def told_open(self, organization: str, target: str, explanation: str, until: datetime | None) -> None:
        """Another replica's breaker opened, or monitor calls the target down."""
        metrics.breakers_told.of(target, State.OPEN).add()
        self.of(organization, target).told_open(explanation, until)

    def told_closed(self, organization: str, target: str, explanation: str) -> None:
        """Another replica's breaker closed."""
        metrics.breakers_told.of(target, State.CLOSED).add()
        self.of(organization, target).told_closed(explanation)

    def _breaker(self, key: tuple[str, str, bool], settings: BreakerSettings) -> Breaker:
        organization, target, free = key

        def tell(transition: Transition) -> None:
            if free:
                return
            metrics.breaker_transitions.of(target, transition.state).add()
            self._on_transition(organization, target, transition)

        return Breaker(settings, self._clock, rng=self._rng, on_change=tell)
