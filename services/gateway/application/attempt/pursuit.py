"""Which target is asked next, and how long it may take: one request's way through its plan."""

import random
from collections.abc import Sequence
from functools import cached_property

import msgspec

from events.requests import Cause
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from resilience.retry import PASSING, Backoff, Pace, Recovery, recovery_from, retry_delay
from services.gateway.application.exchange import Exchange
from services.gateway.domain.grant import Grant, Refusal
from services.gateway.domain.plan import Step, larger
from services.gateway.domain.targets import Targets

RETRY_FIRST, RETRY_CAP = 0.05, 0.5
"""Seconds of back-off before the same target is asked again whose failure may have passed."""
UNKNOWN_SHARE = 2 / 3
"""Of the time that is left, for a target of which nothing is known while another could still be asked."""
WAKE_SPREAD = 1.0
"""Seconds by which some come back later from a rest than others, at most, so that not all who waited do at once."""


class Try(msgspec.Struct, frozen=True):
    """A target that may be asked now."""

    step: Step
    cause: Cause
    grant: Grant
    within: float
    """Seconds for its answer to begin."""
    learned: bool
    """Whether that time comes from what was observed of the target."""


class _Candidate(msgspec.Struct, frozen=True):
    step: Step
    again: bool = False


class Pursuit:
    """Goes through `steps` in their order, and further as failures make it.

    `cause`: of every attempt; FIRST stands for the usual: first, retries, fallbacks. `original` is the failure that is
    raised where none of them answers; the first one met where it is None.
    """

    def __init__(
        self,
        exchange: Exchange,
        steps: Sequence[Step],
        targets: Targets,
        clock: Clock,
        rng: random.Random,
        *,
        cause: Cause = Cause.FIRST,
        original: Failure | None = None,
    ) -> None:
        self._exchange = exchange
        self._policy = exchange.policy
        self._stream = bool(exchange.stream)
        self._candidates = [_Candidate(step) for step in steps]
        self._targets = targets
        self._clock = clock
        self._rng = rng
        self._cause = cause
        self._original = original
        self._refused: dict[str, Refusal] = {}
        self._paces: dict[str, Pace] = {}
        self._retries: dict[str, int] = {}
        self._made = len(exchange.attempts) if cause is Cause.CONTINUATION else 0
        self._pause = 0.0
        for attempt in exchange.attempts:
            self._paces.setdefault(attempt.target.name, Pace()).note(attempt.started)

    @cached_property
    def _backoff(self) -> Backoff:
        return Backoff(first=RETRY_FIRST, cap=RETRY_CAP, rng=self._rng)

    async def next(self) -> Try:
        """The next target, as soon as it may be asked. Raises the original Failure where none is left, or no time."""
        while True:
            if self._pause:
                await self._clock.sleep(self._pause)
                self._pause = 0.0
            now = self._clock.monotonic()
            if now >= self._exchange.deadline:
                raise self._original or out_of_time()
            if self._made >= self._policy.max_attempts:
                raise self._given_up(now)
            tried = self._first_that_may(now) or self._last_resort(now)
            if tried is not None:
                return tried
            self._pause = self._shortest_wait(now)

    def spare(self, beside: Try) -> Try | None:
        """A target to ask at once beside a slow one: the next that may be, or the same where there is no other."""
        if self._made >= self._policy.max_attempts or not beside.step.state.hedger.allow():
            return None
        now = self._clock.monotonic()
        for candidate in (*self._candidates, _Candidate(beside.step)):
            if self._wait(candidate, now) == 0 and (tried := self._ask(candidate, now, Cause.HEDGE)):
                return tried
        return None

    def spare_after(self, beside: Try) -> float | None:
        """Seconds after which a spare call is worth its price; None where none is."""
        state = beside.step.state
        other = self._candidates[0].step.state if self._candidates else state
        return state.hedger.delay(state.pace(stream=self._stream).observed, other.pace(stream=self._stream).observed)

    def failed(self, tried: Try, failure: Failure) -> None:
        """Learn from a failure what to ask next."""
        step = tried.step
        self._original = self._original or failure
        if self._cause is Cause.CONTINUATION:
            # The answer that broke off is the failure to tell of; what a continuation met only rules its target out.
            step.state.refuses_prefill |= failure.reason is Reason.VENDOR_REJECTED
            return
        recovery = recovery_from(failure.reason)
        if not self._candidates and failure.reason in PASSING and failure.retryable:
            recovery = Recovery.RETRY
        match recovery:
            case Recovery.STOP:
                self._original = failure
                self._candidates.clear()
            case Recovery.ELSEWHERE:
                self._original = failure
                self._keep_larger(step, failure.reason)
            case Recovery.RETRY if self._retries.get(step.target.name, 0) < self._policy.retries:
                self._ask_again(step, failure)
            case Recovery.WAIT:
                self._candidates.append(_Candidate(step, again=True))
        self._insert_fallbacks(failure.reason)

    def _ask_again(self, step: Step, failure: Failure) -> None:
        """Ask the same target once more, a little later; not at all where it asks for more time than there is."""
        self._retries[step.target.name] = self._retries.get(step.target.name, 0) + 1
        pause = retry_delay(failure, self._backoff)
        if self._clock.monotonic() + pause < self._exchange.deadline:
            self._candidates.insert(0, _Candidate(step, again=True))
            self._pause = pause

    def _first_that_may(self, now: float) -> Try | None:
        for candidate in tuple(self._candidates):
            if self._wait(candidate, now) == 0 and (tried := self._ask(candidate, now, self._cause_of(candidate))):
                return tried
        return None

    def _last_resort(self, now: float) -> Try | None:
        """One whose breaker is open, the one due soonest, once: no request is refused by breakers alone."""
        settings = self._policy.breaker
        ejected = [
            one
            for one in self._candidates
            if not one.again and self._refused.get(one.step.target.name) is Refusal.EJECTED
        ]
        if settings is None or not ejected:
            return None
        soonest = min(ejected, key=lambda one: one.step.state.breaker(settings).retry_after)
        return self._ask(_Candidate(soonest.step, again=self._made > 0), now, self._cause_of(soonest), force=True)

    def _ask(self, candidate: _Candidate, now: float, cause: Cause, *, force: bool = False) -> Try | None:
        """Leave to ask it; None where it is not granted, or would be one call too many."""
        step = candidate.step
        name, state = step.target.name, step.state
        grant = state.grant(self._policy.breaker, self._exchange.criticality, stream=self._stream, force=force)
        if isinstance(grant, Refusal):
            self._refused[name] = grant
            return None
        self._candidates = [other for other in self._candidates if other.step is not step]
        if not candidate.again and cause is not Cause.HEDGE:
            state.budget.deposit()
        elif not state.budget.withdraw():
            grant.abandon()
            return None
        self._made += 1
        self._paces.setdefault(name, Pace()).note(now)
        within, learned = self._within(step, self._exchange.deadline - now)
        return Try(step, cause, grant, within, learned)

    def _within(self, step: Step, remaining: float) -> tuple[float, bool]:
        """How long the answer may take to begin, and whether that was learned.

        Only where another could still help is it worth to give up early: the last that can be asked has all the time.
        """
        if self._policy.first_token_timeout is not None:
            return min(remaining, self._policy.first_token_timeout), False
        if not self._candidates:
            return remaining, False
        learned = step.state.pace(stream=self._stream).timeout.seconds
        if learned is not None:
            return min(remaining, learned), learned < remaining
        return remaining * UNKNOWN_SHARE, False

    def _wait(self, candidate: _Candidate, now: float) -> float:
        """Seconds until it may be asked; infinite where it may not be any more."""
        wait = max(0.0, candidate.step.state.rests_until - now)
        pace = self._paces.get(candidate.step.target.name)
        if pace is None:
            return wait
        paced = pace.wait(now)
        return float("inf") if paced is None else max(wait, paced)

    def _shortest_wait(self, now: float) -> float:
        """Seconds until the first of them may be asked. Raises what is told where none may be in time."""
        waits = [wait for candidate in self._candidates if (wait := self._wait(candidate, now)) > 0]
        left = self._exchange.deadline - now
        if not waits or min(waits) >= left:
            raise self._given_up(now)
        wait = min(waits)
        return min(wait + min(wait, WAKE_SPREAD) * self._rng.random(), left)

    def _cause_of(self, candidate: _Candidate) -> Cause:
        if self._cause is not Cause.FIRST:
            return self._cause
        if candidate.again:
            return Cause.RETRY
        return Cause.FALLBACK if self._made else Cause.FIRST

    def _keep_larger(self, step: Step, reason: Reason) -> None:
        """A prompt that is too long for one is kept from those that are not larger; filtered content from all."""
        fit = larger(step.target, [candidate.step.target for candidate in self._candidates])
        self._candidates = [
            candidate
            for candidate in self._candidates
            if reason is Reason.CONTEXT_LENGTH_EXCEEDED and candidate.step.target in fit
        ]

    def _insert_fallbacks(self, reason: Reason) -> None:
        """Targets that the route names for this failure come next, unless they were asked already."""
        asked = {attempt.target.name for attempt in self._exchange.attempts}
        named = [target for target in self._policy.fallbacks.get(reason, ()) if target.name not in asked]
        names = {target.name for target in named}
        organization, free = self._exchange.organization.id, self._exchange.dialect.name.free
        self._candidates = [
            *(
                _Candidate(
                    Step(target, self._targets.of(organization, target.name, free=free), f"named for {reason.value}")
                )
                for target in named
            ),
            *(candidate for candidate in self._candidates if candidate.step.target.name not in names),
        ]

    def _given_up(self, now: float) -> Failure:
        """The original failure, or why nobody could be asked; with the time after which it is worth another try."""
        rests = [one.step.state.rests_until - now for one in self._candidates if one.step.state.rests_until > now]
        failure = self._original
        if failure is None and rests:
            failure = Failure(
                Reason.VENDOR_RATE_LIMITED, "Every target of the model has asked to be left alone.", retryable=True
            )
        elif failure is None:
            rests = [one.step.state.pace(stream=self._stream).concurrency.retry_after for one in self._candidates]
            failure = Failure(
                Reason.OVERLOADED, "Every target of the model has as much to do as it can take.", retryable=True
            )
        if failure.retry_after is None and rests:
            failure.retry_after = min(rests)
        return failure


def out_of_time() -> Failure:
    """What is told where the request's deadline has come."""
    return Failure(Reason.DEADLINE_EXCEEDED, "The time allowed for the request is over.", retryable=True)
