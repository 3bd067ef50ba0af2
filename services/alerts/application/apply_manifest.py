"""Makes an organization's receivers be those of a manifest."""

from chassis.manifest import parse
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.alerts.application.manage_receivers import ManageReceivers
from services.alerts.application.ports import Store
from services.alerts.application.reach import Reach
from services.alerts.application.read_manifest import Declaration, read_manifest
from services.alerts.domain.plan import Plan, plan


class ApplyManifest:
    """All of it or nothing; applied again, it changes nothing."""

    def __init__(self, store: Store, manage: ManageReceivers, reach: Reach, clock: Clock) -> None:
        self._store = store
        self._manage = manage
        self._reach = reach
        self._clock = clock

    def read(self, text: str) -> Declaration:
        """What a seawall.yaml says of receivers, each of which can be reached as far as can be told without trying.

        Raises Failure(INVALID_REQUEST).
        """
        declaration = read_manifest(text)
        for receiver_id, settings in declaration.receivers.items():
            try:
                self._reach.endpoint(settings)
            except Failure as failure:
                raise in_receiver(receiver_id, failure) from failure
        return declaration

    async def __call__(self, declaration: Declaration, *, dry_run: bool = False) -> Plan:
        """What was changed, or would be."""
        organization = declaration.organization
        async with self._store.transaction() as work:
            changes = plan(
                organization, await work.receivers.all(organization), declaration.receivers, self._clock.now()
            )
            if dry_run:
                return changes
            for receiver in changes.create:
                await work.receivers.add(receiver)
            for receiver in changes.update:
                await self._manage.replace(work, receiver)
            for receiver in changes.delete:
                await self._manage.remove(work, receiver)
        return changes
