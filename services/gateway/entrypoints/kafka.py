"""What the gateway hears over Kafka: what other gateways' breakers did, and which targets monitor calls down."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from events.breakers import BreakerChanged, BreakerState
from events.cloudevents import Received
from events.health import TargetVerdictChanged, Verdict
from resilience.clock import Clock

FRESH = timedelta(seconds=60)
"""What was said earlier, without saying until when, no longer says how a target does now."""


class Told(Protocol):
    """The breakers of this gateway, as others may move them. Neither method blocks, raises, or is told on to Kafka."""

    def told_open(self, organization: str, target: str, explanation: str, until: datetime | None) -> None:
        """Somebody else found `target` failing; `until` is when it may be probed, the breaker's own time where None."""
        ...

    def told_closed(self, organization: str, target: str, explanation: str) -> None:
        """Somebody else found `target` answering again."""
        ...


class BreakersListener:
    """Consumes `seawall.breakers.v1` from its start: the topic is compacted, so that is the latest of each target.

    Half-open is not passed on: each gateway probes for itself, and tells what came of it.
    """

    def __init__(self, targets: Told, gateway_id: str, clock: Clock) -> None:
        self._targets = targets
        self._gateway = gateway_id
        self._clock = clock

    async def __call__(self, changes: Sequence[Received[BreakerChanged]]) -> None:
        """Take over each change that another gateway saw and that still holds."""
        now = self._clock.now()
        for received in changes:
            change = received.data
            if change.gateway == self._gateway:
                continue
            fresh = now - received.time <= FRESH
            if change.state is BreakerState.OPEN and (now < change.until if change.until else fresh):
                self._targets.told_open(change.organization, change.target, change.explanation, change.until)
            elif change.state is BreakerState.CLOSED and fresh:
                # An older one may come after an outage of Kafka, when the target has failed again.
                self._targets.told_closed(change.organization, change.target, change.explanation)


class VerdictsListener:
    """Consumes `seawall.health.v1`. A verdict that a target is down opens its breaker; the breaker's probes close it.

    Verdicts that are not fresh are left alone: the topic is compacted and read from its start, and a target that was
    down an hour ago is better asked than believed to be so still.
    """

    def __init__(self, targets: Told, clock: Clock) -> None:
        self._targets = targets
        self._clock = clock

    async def __call__(self, verdicts: Sequence[Received[TargetVerdictChanged]]) -> None:
        """Take over each fresh verdict that a target is down."""
        now = self._clock.now()
        for received in verdicts:
            verdict = received.data
            if verdict.verdict is Verdict.DOWN and now - received.time <= FRESH:
                self._targets.told_open(verdict.organization, verdict.target, verdict.explanation, None)
