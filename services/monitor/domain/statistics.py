"""What attempts tell of their targets, second by second."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import structs

from events.requests import Attempt, Cause, Outcome, RequestFinished
from resilience.errors import Reason

KEPT = timedelta(hours=1)
"""How long seconds are kept; nothing reads older ones."""

TARGETS_FAULTS = frozenset(reason for reason in Reason if reason.startswith("vendor_")) - {Reason.VENDOR_REJECTED}
"""The failures that count against a target: everything of the vendor's but its refusal of a bad request. That a vendor
does not know the model counts, too: a target is a model at a provider, and this one answers nobody."""


@dataclass(frozen=True, order=True)
class TargetName:
    """A target of an organization; `target` is `provider/model`."""

    organization: str
    target: str


@dataclass(frozen=True)
class Observation:
    """The attempts that one target ended in one second in one way."""

    name: TargetName
    second: int
    """Since 1970, UTC."""
    reason: Reason | None
    """None: they succeeded."""
    attempts: int
    latencies: tuple[float, ...]
    """Milliseconds; of attempts that succeeded."""
    first_tokens: tuple[float, ...]
    """Milliseconds; of streamed attempts."""


@dataclass
class _Gathered:
    attempts: int = 0
    latencies: list[float] = field(default_factory=list)
    first_tokens: list[float] = field(default_factory=list)


def observe(requests: Iterable[RequestFinished], now: datetime) -> list[Observation]:
    """What `requests` tell of their targets. Attempts that ended before what is kept are left out.

    A second later than `now`, by a gateway whose clock is ahead, is taken to be now: it would stay recent for too long.
    """
    current = int(now.timestamp())
    oldest = current - int(KEPT.total_seconds())
    gathered: defaultdict[tuple[TargetName, int, Reason | None], _Gathered] = defaultdict(_Gathered)
    for request in requests:
        for attempt in _telling(request.attempts):
            second = min(int(ended_at(attempt).timestamp()), current)
            if second < oldest:
                continue
            entry = gathered[TargetName(request.organization, attempt.target), second, attempt.reason]
            entry.attempts += 1
            if attempt.outcome is Outcome.SUCCEEDED:
                entry.latencies.append(attempt.duration_ms)
            if attempt.first_token_ms is not None:
                entry.first_tokens.append(attempt.first_token_ms)
    return [
        Observation(name, second, reason, found.attempts, tuple(found.latencies), tuple(found.first_tokens))
        for (name, second, reason), found in gathered.items()
    ]


def ended_at(attempt: Attempt) -> datetime:
    """When `attempt` ended."""
    return attempt.started_at + timedelta(milliseconds=attempt.duration_ms)


def _telling(attempts: Iterable[Attempt]) -> Iterator[Attempt]:
    """The attempts that say something of their target: not those that the caller, or Seawall itself, ended.

    Nor copies whose answer nobody sees: no caller depends on how they end.
    """
    for attempt in attempts:
        if attempt.cause is Cause.SHADOW:
            continue
        if attempt.outcome is Outcome.SUCCEEDED:
            yield structs.replace(attempt, reason=None)
        elif attempt.outcome is Outcome.FAILED and attempt.reason in TARGETS_FAULTS:
            yield attempt
