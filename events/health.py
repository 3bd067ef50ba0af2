"""`seawall.health.v1`: what monitor says of each target's health."""

from enum import StrEnum
from typing import ClassVar

from events.base import Event, Time


class Verdict(StrEnum):
    """What monitor says of a target."""

    UNKNOWN = "unknown"
    """Too few calls to say."""
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"


class TargetVerdictChanged(Event, frozen=True, kw_only=True):
    """A target's verdict is now another."""

    type: ClassVar[str] = "seawall.target.verdict_changed"

    organization: str
    target: str
    """`provider/model`."""
    verdict: Verdict
    previous: Verdict
    explanation: str
    since: Time
    attempts: int
    """In the window that the verdict is of."""
    failures: int
