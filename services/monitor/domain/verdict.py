"""The verdict on a target: what its latest attempts say, and what was said before.

Two windows: the last 5 seconds, and where they hold too few attempts, as many seconds more as it takes, up to 60. So a
target that a breaker has taken out of traffic is judged by the calls that made the breaker open, not by those before.
Between the thresholds the last verdict stands: a target at the edge does not flap.

An open breaker of any gateway says more than attempts do: that gateway asks the target no more, so that few of its
attempts failed, beside the many that succeeded before. Once it closes, attempts count from then on, and those that
opened it do not.

A target that refuses calls for its rate limit is at work: that degrades it, and never makes it down.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from events.breakers import BreakerState
from events.health import Verdict
from resilience.errors import Reason
from services.monitor.domain.breaker import GatewayBreaker
from services.monitor.domain.statistics import TargetName

SHORT = 5
"""Seconds that a verdict is of where they hold enough attempts."""
LONG = 60
"""Seconds that are looked back at most; also what the figures of a target's health are of."""

ENOUGH_TO_CONDEMN = 5
"""Attempts without which no target is called down or degraded."""
ENOUGH_TO_ACQUIT = 3
"""Attempts without which no target is called healthy."""

HEALTHY_BELOW = 0.10
DEGRADED_FROM = 0.20
DOWN_UNTIL = 0.25
DOWN_FROM = 0.50

SETTLES_IN = timedelta(seconds=3)
"""How long a target that was down stays so after a breaker closed: one that fails again at once does not flap."""


@dataclass(frozen=True)
class Tally:
    """Attempts that one target ended in one second in one way."""

    second: int
    reason: Reason | None
    """None: they succeeded."""
    attempts: int


@dataclass(frozen=True)
class Judgement:
    """A verdict and what it rests on."""

    verdict: Verdict
    explanation: str
    attempts: int
    failures: int


@dataclass(frozen=True)
class Standing:
    """The verdict that stands on a target, since when, and when its attempts were last seen."""

    name: TargetName
    judgement: Judgement
    since: datetime
    seen: datetime


@dataclass(frozen=True)
class _Recent:
    horizon: int
    """Seconds that are looked back."""
    newest_first: Sequence[tuple[int, Tally]]
    """Each with its age: 1 is the current second."""


@dataclass(frozen=True)
class _Evidence:
    seconds: int
    attempts: int
    reasons: Counter[Reason]

    @property
    def failures(self) -> int:
        return self.reasons.total()

    @property
    def share(self) -> float:
        """Of attempts that failed."""
        return self.failures / self.attempts if self.attempts else 0.0

    @property
    def broken(self) -> float:
        """Share of attempts that failed, and not for a rate limit."""
        failures = self.failures - self.reasons[Reason.VENDOR_RATE_LIMITED]
        return failures / self.attempts if self.attempts else 0.0


def judge(previous: Verdict, tallies: Iterable[Tally], breakers: Iterable[GatewayBreaker], now: datetime) -> Judgement:
    """The verdict `now`, after `previous`. Pure: the same tallies and breakers give the same verdict."""
    counting = [breaker for breaker in breakers if now <= breaker.counts_until]
    closed = max((breaker.since for breaker in counting if breaker.state is BreakerState.CLOSED), default=None)
    recent = _recent(tallies, closed, now)
    condemning = _evidence(recent, ENOUGH_TO_CONDEMN)
    opened = [breaker for breaker in counting if breaker.state is BreakerState.OPEN]
    if opened:
        return Judgement(Verdict.DOWN, _whose(opened), condemning.attempts, condemning.failures)
    if previous is Verdict.DOWN and not _settled(counting, closed, now):
        return _judgement(previous, condemning)
    acquitting = _evidence(recent, ENOUGH_TO_ACQUIT)
    if acquitting.attempts >= ENOUGH_TO_ACQUIT and acquitting.share < HEALTHY_BELOW:
        return _judgement(Verdict.HEALTHY, acquitting)
    if condemning.attempts < ENOUGH_TO_CONDEMN:
        return _judgement(previous, condemning)
    return _judgement(_condemn(previous, condemning), condemning)


def _settled(breakers: Iterable[GatewayBreaker], closed: datetime | None, now: datetime) -> bool:
    """Whether no gateway is about to say how the target does: by probes, or having just found it well."""
    if closed is not None and now - closed < SETTLES_IN:
        return False
    # Probes of one gateway do not outweigh that another closed meanwhile: one that has no calls never ends probing.
    return not any(
        breaker.state is BreakerState.HALF_OPEN and (closed is None or breaker.since > closed) for breaker in breakers
    )


def _condemn(previous: Verdict, evidence: _Evidence) -> Verdict:
    if evidence.broken >= DOWN_FROM or (previous is Verdict.DOWN and evidence.broken >= DOWN_UNTIL):
        return Verdict.DOWN
    if evidence.share >= DEGRADED_FROM or previous in {Verdict.DOWN, Verdict.UNKNOWN}:
        return Verdict.DEGRADED
    return previous


def _recent(tallies: Iterable[Tally], closed: datetime | None, now: datetime) -> _Recent:
    """The tallies of the last LONG seconds, or of those since a breaker closed: its second holds the probes."""
    current = int(now.timestamp())
    horizon = LONG if closed is None else min(LONG, current - int(closed.timestamp()) + 1)
    aged = [(current - tally.second + 1, tally) for tally in tallies]
    return _Recent(horizon, sorted((seen for seen in aged if seen[0] <= horizon), key=lambda seen: seen[0]))


def _evidence(recent: _Recent, enough: int) -> _Evidence:
    """The last SHORT seconds, or as many more as hold `enough` attempts."""
    seconds, attempts, reasons = min(SHORT, recent.horizon), 0, Counter[Reason]()
    for age, tally in recent.newest_first:
        if age > seconds and attempts >= enough:
            break
        seconds = max(seconds, age)
        attempts += tally.attempts
        if tally.reason is not None:
            reasons[tally.reason] += tally.attempts
    return _Evidence(seconds if attempts >= enough else recent.horizon, attempts, reasons)


def _judgement(verdict: Verdict, evidence: _Evidence) -> Judgement:
    return Judgement(verdict, _explain(evidence), evidence.attempts, evidence.failures)


def _explain(evidence: _Evidence) -> str:
    when = f"in the last {evidence.seconds} s"
    if evidence.attempts == 0:
        return f"No attempt ended {when}."
    of = f"of {evidence.attempts} attempt{'s' * (evidence.attempts != 1)} failed {when}"
    if not evidence.reasons:
        return f"None {of}."
    ((most, count),) = evidence.reasons.most_common(1)
    mostly = "all" if count == evidence.failures else "mostly"
    return f"{evidence.failures} {of}, {mostly} {most}."


def _whose(opened: Sequence[GatewayBreaker]) -> str:
    latest = max(opened, key=lambda breaker: (breaker.since, breaker.gateway))
    if len(opened) == 1:
        return f"The breaker of gateway {latest.gateway} is open: {latest.explanation}."
    return f"The breakers of {len(opened)} gateways are open, the latest of {latest.gateway}: {latest.explanation}."
