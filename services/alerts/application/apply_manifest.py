"""Makes an organization's receivers be those of a manifest."""

import structlog

from resilience.clock import Clock
from services.alerts.application.manage_receivers import ManageReceivers
from services.alerts.application.ports import Store
from services.alerts.application.read_manifest import Declaration
from services.alerts.domain.plan import Plan, plan

log = structlog.stdlib.get_logger("manifest")


class ApplyManifest:
    """All of it or nothing; applied again, it changes nothing."""

    def __init__(self, store: Store, manage: ManageReceivers, clock: Clock) -> None:
        self._store = store
        self._manage = manage
        self._clock = clock

    async def __call__(self, declaration: Declaration, *, dry_run: bool = False) -> Plan:
        """What was changed, or would be."""
        organization = declaration.organization
        async with self._store.transaction() as work:
            existing = await work.receivers.all(organization)
            changes = plan(organization, existing, declaration.receivers, self._clock.now())
            if dry_run:
                return changes
            for receiver in changes.create:
                await work.receivers.add(receiver)
            for receiver in changes.update:
                await self._manage.replace(work, receiver)
            for receiver in changes.delete:
                await self._manage.remove(work, receiver)
        log.info(
            "the manifest is applied",
            organization=organization,
            created=len(changes.create),
            updated=len(changes.update),
            deleted=len(changes.delete),
        )
        return changes
