"""Finished requests for the tests of monitor."""

from datetime import UTC, datetime
from typing import Any

from events.base import Money, Tokens
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
) -> Attempt:
    return Attempt(
        number=number,
        target=target,
        started_at=started_at,
        duration_ms=duration_ms,
        first_token_ms=first_token_ms,
        outcome=outcome or (Outcome.FAILED if reason else Outcome.SUCCEEDED),
        reason=reason,
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
