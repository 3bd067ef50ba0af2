"""Writes down what came of a try."""

import asyncio
import random
from dataclasses import dataclass

import structlog

from resilience.clock import Clock
from services.alerts import metrics
from services.alerts.application.announce import Announcer
from services.alerts.application.ports import Store, Work
from services.alerts.domain.alert import Condition, Kind
from services.alerts.domain.delivery import Answer, Delivery, DeliveryState
from services.alerts.domain.receiver import DISABLE_AFTER, Receiver

log = structlog.stdlib.get_logger("deliveries")

GIVEN_UP = "given up: the receiver was disabled"
BATCH = 50
"""Tries written down in one transaction."""


@dataclass(eq=False)
class _Tried:
    delivery: Delivery
    answer: Answer
    settled: bool = False


class SettleDelivery:
    """The delivery's next state, and what the answer says of the receiver.

    What ends while a transaction is under way shares the next one: under load a try costs a part of a commit.
    """

    def __init__(self, store: Store, announcer: Announcer, *, clock: Clock, rng: random.Random) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._rng = rng
        self._waiting: list[_Tried] = []
        self._turn = asyncio.Lock()

    async def __call__(self, delivery: Delivery, answer: Answer) -> None:
        """Return once it is written. Raises Failure(retryable) while the store is away; it may be called again."""
        mine = _Tried(delivery, answer)
        self._waiting.append(mine)
        try:
            async with self._turn:
                if not mine.settled:
                    # Its own is among them, whatever else waits.
                    others = [tried for tried in self._waiting if tried is not mine]
                    await self._settle_all([mine, *others[: BATCH - 1]])
        finally:
            self._waiting.remove(mine)

    async def _settle_all(self, batch: list[_Tried]) -> None:
        # In the order in which every replica locks them.
        batch.sort(key=lambda tried: (tried.delivery.organization, tried.delivery.receiver, tried.delivery.id))
        after = []
        async with self._store.transaction() as work:
            for tried in batch:
                after.append(await self._settle(work, tried.delivery, tried.answer))  # noqa: PERF401 - reads as steps
        for tried, delivery in zip(batch, after, strict=True):
            tried.settled = True
            metrics.tries.add(1, {"outcome": delivery.state.value})
            log.info(
                "a delivery was tried",
                delivery=delivery.id,
                receiver=delivery.receiver,
                organization=delivery.organization,
                state=delivery.state.value,
                tries=delivery.tries,
                status=tried.answer.status,
                error=tried.answer.error,
            )

    async def _settle(self, work: Work, delivery: Delivery, answer: Answer) -> Delivery:
        current = await work.deliveries.get(delivery.organization, delivery.id)
        # One that was given up meanwhile, or that another replica delivered, stays so.
        if current.state is DeliveryState.WAITING or answer.ok:
            current = current.tried(answer, self._clock.now(), self._rng)
            await work.deliveries.save(current, end_claim=True)
        receiver = await work.receivers.find(delivery.organization, delivery.receiver)
        if receiver is not None:
            await self._learn(work, receiver, answer)
        return current

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
