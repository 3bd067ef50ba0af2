"""Sends a test notification to a receiver, now."""

from events.alerts import AlertChanged, AlertState, Severity
from resilience.clock import Clock
from services.alerts import metrics
from services.alerts.application.manage_receivers import ManageReceivers, existing
from services.alerts.application.ports import NewId, Store
from services.alerts.application.try_delivery import TryDelivery
from services.alerts.domain.alert import SEAWALL
from services.alerts.domain.delivery import TEST_TYPE, Delivery
from services.alerts.domain.receiver import Receiver

TEST_KIND = "receiver_test"


class TestReceiver:
    """One try, not repeated, kept in the delivery log. One that goes well puts a disabled receiver in force again."""

    __test__ = False  # not a test of ours, whatever its name

    def __init__(
        self, store: Store, manage: ManageReceivers, try_delivery: TryDelivery, clock: Clock, new_id: NewId
    ) -> None:
        self._store = store
        self._manage = manage
        self._try = try_delivery
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, organization: str, receiver_id: str) -> Delivery:
        """How it went. Raises Failure(NOT_FOUND)."""
        async with self._store.snapshot() as work:
            receiver = await existing(work, organization, receiver_id)
        delivery = self._compose(receiver)
        answer = await self._try(delivery, receiver)
        delivery = delivery.once(answer)
        async with self._store.transaction() as work:
            await work.deliveries.add([delivery])
            current = await work.receivers.find(organization, receiver_id)
            if answer.ok and current is not None and current.settings == receiver.settings:
                await self._manage.replace(work, current.enabled())
        metrics.tries.add(1, {"outcome": delivery.state.value})
        return delivery

    def _compose(self, receiver: Receiver) -> Delivery:
        now = self._clock.now()
        body = AlertChanged(
            alert_id="",
            organization=receiver.organization,
            kind=TEST_KIND,
            subject=receiver.id,
            severity=Severity.INFO,
            summary=f"This is a test of receiver {receiver.id}. Nothing is wrong.",
            state=AlertState.OPEN,
            opened_at=now,
            changed_at=now,
            actor=SEAWALL,
        )
        return Delivery(self._new_id(), receiver.organization, receiver.id, TEST_TYPE, body, now)
