"""Sends a delivery of the log once more."""

from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.alerts.application.manage_receivers import existing
from services.alerts.application.ports import Store
from services.alerts.domain.delivery import Delivery


class RetryDelivery:
    """Puts a delivery, under its own id, back into the queue."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def __call__(self, organization: str, delivery_id: str) -> Delivery:
        """The delivery, waiting. Raises Failure where it or its receiver is not there, or the receiver is disabled."""
        async with self._store.transaction() as work:
            delivery = await work.deliveries.get(organization, delivery_id)
            receiver = await existing(work, organization, delivery.receiver)
            if receiver.disabled:
                raise Failure(Reason.INVALID_REQUEST, "The receiver is disabled: update it, or test it, first.")
            waiting = delivery.again(self._clock.now())
            await work.deliveries.save(waiting)
        return waiting
