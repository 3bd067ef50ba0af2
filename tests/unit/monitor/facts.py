"""Finished requests for the tests of monitor."""

from datetime import UTC, datetime, timedelta
from typing import Any

from events.base import Money, Tokens
from events.breakers import BreakerChanged, BreakerState
from events.requests import Attempt, Outcome, PlannedTarget, RequestFinished
from resilience.errors import Reason

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def attempt(
    target: str = "a/m",
    *,
    reason: Reason | None = None,
    outcome: Outcome | None = None,
    started_at: datetime = START,
    duration_ms: float = 100.0,
    first_token_ms: float | None = None,
    number: int = 1,
    **more: Any,
) -> Attempt:
    return Attempt(
        number=number,
        target=target,
        started_at=started_at,
        duration_ms=duration_ms,
        first_token_ms=first_token_ms,
        outcome=outcome or (Outcome.FAILED if reason else Outcome.SUCCEEDED),
        reason=reason,
        **more,
    )


def finished(request_id: str, *attempts: Attempt, organization: str = "acme", **changes: Any) -> RequestFinished:
    """A request that succeeded, unless `changes` say otherwise."""
    given: dict[str, Any] = {
        "request_id": request_id,
        "organization": organization,
        "project": "shop",
        "key": "ci",
        "model": "chat",
        "stream": False,
        "started_at": attempts[0].started_at if attempts else START,
        "duration_ms": 120.0,
        "outcome": Outcome.SUCCEEDED,
        "target": attempts[-1].target if attempts else None,
        "tokens": Tokens(input=10, output=5),
        "cost": Money(amount="0.000001"),
        "trace_id": "0" * 31 + "1",
        "plan": tuple(
            PlannedTarget(target=one.target, position=one.number, explanation="as ordered") for one in attempts
        ),
        "attempts": attempts,
    }
    return RequestFinished(**{**given, **changes})


def breaker_changed(
    state: BreakerState,
    *,
    since: datetime = START,
    gateway: str = "g1",
    target: str = "a/m",
    open_for: float = 2.0,
    **changes: Any,
) -> BreakerChanged:
    """What `gateway` tells of its breaker; an open one is so for `open_for` seconds."""
    opened = state is BreakerState.OPEN
    given: dict[str, Any] = {
        "organization": "acme",
        "target": target,
        "state": state,
        "previous": BreakerState.HALF_OPEN if state is BreakerState.CLOSED else BreakerState.CLOSED,
        "explanation": "5 calls in a row failed, the last: vendor_unreachable" if opened else "probes decide",
        "since": since,
        "until": since + timedelta(seconds=open_for) if opened else None,
        "gateway": gateway,
    }
    return BreakerChanged(**{**given, **changes})
