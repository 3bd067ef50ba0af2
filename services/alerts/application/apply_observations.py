"""Turns what is observed, such as monitor's verdicts, into alerts."""

from collections.abc import Sequence
from typing import Generic

from events.cloudevents import Received
from resilience.clock import Clock
from services.alerts.application.announce import Announcer
from services.alerts.application.ports import Store, Work
from services.alerts.domain.rule import Observation, Rule


class ApplyObservations(Generic[Observation]):
    """Applies each observation once, by its rule, and none that is older than the one applied last to its subject."""

    def __init__(self, store: Store, announcer: Announcer, clock: Clock, rule: Rule[Observation]) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._rule: Rule[Observation] = rule

    async def __call__(self, events: Sequence[Received[Observation]]) -> None:
        """Apply `events` in order, all or none. Raises Failure(retryable) while the store is away."""
        async with self._store.transaction() as work:
            for event in events:
                await self._apply(work, event)

    async def _apply(self, work: Work, event: Received[Observation]) -> None:
        now, rule, seen = self._clock.now(), self._rule, event.data
        if not await work.first_time(event.source, event.id, now):
            return
        # A topic that is read again brings old observations back, also those whose events were forgotten.
        if not await work.observed.advance(seen.organization, rule.remembered_as(seen), seen.since):
            return
        unresolved = await work.alerts.unresolved(seen.organization, rule.subject(seen), rule.kinds)
        changes = rule.judge(unresolved, seen)
        await self._announcer.resolve_all(work, changes.resolve, now)
        for condition in changes.open:
            await self._announcer.open(work, condition, now)
