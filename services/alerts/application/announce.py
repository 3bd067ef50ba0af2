"""Opens, changes and resolves alerts so that, in one transaction, every receiver in force and the world are told."""

from collections.abc import Sequence
from datetime import datetime

from services.alerts.application.ports import NewId, Work
from services.alerts.domain.alert import SEAWALL, Alert, Condition, Kind, open_alert
from services.alerts.domain.delivery import Delivery, notification_type


class Announcer:
    """Writes an alert together with its deliveries and its event."""

    def __init__(self, new_id: NewId) -> None:
        self._new_id = new_id

    async def open(self, work: Work, condition: Condition, now: datetime) -> None:
        """Open an alert about `condition`, unless one is unresolved."""
        if not await work.alerts.unresolved(condition.organization, condition.subject, [condition.kind]):
            await self.change(work, open_alert(condition, self._new_id(), now), now)

    async def resolve(self, work: Work, organization: str, kind: Kind, subject: str, now: datetime) -> None:
        """Resolve what is unresolved about a condition that went away."""
        await self.resolve_all(work, await work.alerts.unresolved(organization, subject, [kind]), now)

    async def resolve_all(self, work: Work, alerts: Sequence[Alert], now: datetime) -> None:
        """Resolve each of `alerts`, because its condition went away."""
        for alert in alerts:
            await self.change(work, alert.resolve(SEAWALL, now), now)

    async def change(self, work: Work, alert: Alert, now: datetime) -> None:
        """Write `alert` as it is now, and tell it."""
        await work.alerts.save(alert)
        change = alert.changed()
        receivers = await work.receivers.all(alert.organization)
        await work.deliveries.add(
            [
                Delivery(
                    id=self._new_id(),
                    organization=alert.organization,
                    receiver=receiver.id,
                    event_type=notification_type(change),
                    body=change,
                    created_at=now,
                    next_try_at=now,
                )
                for receiver in receivers
                if not receiver.disabled
            ]
        )
        work.publish(change, now)
