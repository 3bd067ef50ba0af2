"""Turns monitor's verdicts into alerts."""

from collections.abc import Sequence

from events.cloudevents import Received
from events.health import TargetVerdictChanged
from resilience.clock import Clock
from services.alerts.application.announce import Announcer
from services.alerts.application.ports import Store, Work
from services.alerts.domain.target_health import TARGET_KINDS, judge


class ApplyVerdicts:
    """Applies each verdict once, and none that is older than the one applied last."""

    def __init__(self, store: Store, announcer: Announcer, clock: Clock) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock

    async def __call__(self, events: Sequence[Received[TargetVerdictChanged]]) -> None:
        """Apply `events` in order, all or none. Raises Failure(retryable) while the store is away."""
        async with self._store.transaction() as work:
            for event in events:
                await self._apply(work, event)

    async def _apply(self, work: Work, event: Received[TargetVerdictChanged]) -> None:
        now = self._clock.now()
        verdict = event.data
        if not await work.first_time(event.source, event.id, now):
            return
        # A topic that is read again brings old verdicts back, also those whose events were forgotten.
        if not await work.verdicts.advance(verdict.organization, verdict.target, verdict.since):
            return
        unresolved = await work.alerts.unresolved(verdict.organization, verdict.target, TARGET_KINDS)
        changes = judge(unresolved, verdict)
        await self._announcer.resolve_all(work, changes.resolve, now)
        for condition in changes.open:
            await self._announcer.open(work, condition, now)
