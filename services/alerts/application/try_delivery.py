"""Tries a delivery once and writes down what came of it."""

import random

import structlog

from resilience.clock import Clock
from resilience.errors import Failure
from services.alerts.application.announce import Announcer
from services.alerts.application.ports import Channel, Store, Work
from services.alerts.application.reach import Reach
from services.alerts.domain.alert import Condition, Kind
from services.alerts.domain.delivery import Answer, Delivery, DeliveryState
from services.alerts.domain.receiver import DISABLE_AFTER, Receiver

log = structlog.stdlib.get_logger("deliveries")

GIVEN_UP = "given up: the receiver was disabled"


class TryDelivery:
    """One try: reach, send, settle."""

    def __init__(
        self,
        store: Store,
        announcer: Announcer,
        reach: Reach,
        channel: Channel,
        *,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._reach = reach
        self._channel = channel
        self._clock = clock
        self._rng = rng

    async def send(self, delivery: Delivery, receiver: Receiver) -> Answer:
        """Send it. What stands in the way on our side (a missing secret) is an answer, too."""
        try:
            endpoint = self._reach.endpoint(receiver.settings)
        except Failure as failure:
            return Answer(error=failure.message)
        return await self._channel.send(endpoint, receiver.settings.format, delivery)

    async def settle(self, delivery: Delivery, answer: Answer) -> None:
        """Write down `answer`: the delivery's next state, and what it says of the receiver.

        Raises Failure(retryable) while the store is away; it may be called again.
        """
        now = self._clock.now()
        async with self._store.transaction() as work:
            current = await work.deliveries.get(delivery.organization, delivery.id)
            if current.state is DeliveryState.WAITING or answer.ok:
                current = current.tried(answer, now, self._rng)
                await work.deliveries.save(current, end_claim=True)
            receiver = await work.receivers.find(delivery.organization, delivery.receiver)
            if receiver is not None:
                await self._learn(work, receiver, answer)
        log.info(
            "a delivery was tried",
            delivery=delivery.id,
            receiver=delivery.receiver,
            organization=delivery.organization,
            state=current.state.value,
            tries=current.tries,
            status=answer.status,
            error=answer.error,
        )

    async def _learn(self, work: Work, receiver: Receiver, answer: Answer) -> None:
        now = self._clock.now()
        after = receiver.succeeded() if answer.ok else receiver.failed(now, gone=answer.gone)
        if after != receiver:
            await work.receivers.save(after)
        if after.disabled and not receiver.disabled:
            await work.deliveries.give_up(receiver.organization, receiver.id, GIVEN_UP)
            why = "it answered 410 (gone)" if answer.gone else f"it failed for {DISABLE_AFTER.days} days"
            summary = f"Receiver {receiver.id} is not sent to any more: {why}. Update it, or test it, to enable it."
            condition = Condition(receiver.organization, Kind.RECEIVER_DISABLED, receiver.id, summary)
            await self._announcer.open(work, condition, now)
