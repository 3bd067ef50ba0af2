"""`seawall.breakers.v1`: every transition of every breaker of a gateway."""

from enum import StrEnum
from typing import ClassVar

from events.base import Event, Time


class BreakerState(StrEnum):
    """Whether a target is asked."""

    CLOSED = "closed"
    """It is."""
    OPEN = "open"
    """It is not."""
    HALF_OPEN = "half_open"
    """A few probes are, to see whether it is back."""


class BreakerChanged(Event, frozen=True, kw_only=True):
    """A gateway's breaker of a target is now in another state."""

    type: ClassVar[str] = "seawall.breaker.changed"

    organization: str
    target: str
    """`provider/model`."""
    state: BreakerState
    previous: BreakerState
    explanation: str
    since: Time
    until: Time | None = None
    """When an open one lets the first probe through."""
    gateway: str
    """Which gateway saw it; unique among those that run."""
