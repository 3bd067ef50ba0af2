"""Acknowledges and resolves alerts by hand."""

from resilience.clock import Clock
from services.alerts.application.announce import Announcer
from services.alerts.application.ports import Store
from services.alerts.domain.alert import Alert


class ChangeAlert:
    """What people do to alerts; doing it again changes nothing and tells nobody."""

    def __init__(self, store: Store, announcer: Announcer, clock: Clock) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock

    async def acknowledge(self, organization: str, alert_id: str, actor: str) -> Alert:
        """Say that `actor` is on it. Raises Failure where there is no such alert or it is resolved."""
        now = self._clock.now()
        async with self._store.transaction() as work:
            before = await work.alerts.get(organization, alert_id)
            after = before.acknowledge(actor, now)
            if after != before:
                await self._announcer.change(work, after, now)
        return after

    async def resolve(self, organization: str, alert_id: str, actor: str) -> Alert:
        """End it. Raises Failure where there is no such alert."""
        now = self._clock.now()
        async with self._store.transaction() as work:
            before = await work.alerts.get(organization, alert_id)
            after = before.resolve(actor, now)
            if after != before:
                await self._announcer.change(work, after, now)
        return after
