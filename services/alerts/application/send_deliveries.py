"""Sends what is due: at least once, never two at a time of the same, and no receiver in the way of another."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

import structlog

from resilience.clock import Clock
from resilience.errors import Failure
from resilience.retry import Backoff
from services.alerts.application.bell import Bell
from services.alerts.application.ports import Store
from services.alerts.application.settle_delivery import SettleDelivery
from services.alerts.application.try_delivery import TryDelivery
from services.alerts.domain.delivery import Delivery
from services.alerts.domain.lanes import LANE, Lanes
from services.alerts.domain.receiver import Receiver

log = structlog.stdlib.get_logger("deliveries")

POLL_INTERVAL = 0.5
"""Seconds after which it looks by itself: for retries, and for what another replica wrote."""
BREATH = 0.02
"""Seconds between one claim and the next, so that under load a claim is for many."""


class SendDeliveries:
    """The delivery worker, as an async context manager; `run` is its loop, in the background.

    A delivery is claimed for `lease` before it is sent. A replica that dies while it sends leaves a claim that runs
    out, and then the delivery is sent again: twice in that one case, never not at all. On exit nothing more is
    claimed, and tries under way may end.
    """

    def __init__(
        self,
        store: Store,
        try_delivery: TryDelivery,
        settle_delivery: SettleDelivery,
        *,
        bell: Bell,
        clock: Clock,
        concurrency: int,
        lease: timedelta,
        rng: random.Random,
    ) -> None:
        self._store = store
        self._try = try_delivery
        self._settle = settle_delivery
        self._bell = bell
        self._clock = clock
        self._lanes = Lanes(concurrency)
        self._lease = lease
        self._rng = rng
        self._under_way: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._claims_none = asyncio.Event()
        self._claims_none.set()

    async def run(self) -> None:
        """Send until this is left or cancelled."""
        self._claims_none.clear()
        try:
            await self._send_due()
        finally:
            self._claims_none.set()

    async def _send_due(self) -> None:
        backoff = Backoff(first=0.2, cap=5.0, rng=self._rng)
        waiting = False
        while not self._stopped:
            self._bell.clear()
            try:
                claimed = await self._claim()
            except Failure as failure:
                if not failure.retryable:
                    raise
                if not waiting:
                    log.warning("deliveries wait", cause=failure.message)
                    waiting = True
                await self._clock.sleep(backoff.next())
                continue
            waiting = False
            backoff.reset()
            for delivery, receiver in claimed:
                self._start(delivery, receiver)
            if not claimed:
                await self._bell.wait(self._clock, at_most=POLL_INTERVAL)
            await self._clock.sleep(BREATH)

    async def _claim(self) -> Sequence[tuple[Delivery, Receiver]]:
        if self._lanes.free <= 0:
            return ()
        now = self._clock.now()
        async with self._store.snapshot() as work:
            due = await work.deliveries.due(
                now,
                per_receiver=LANE,
                without=self._lanes.full,
                # Room for what will not be chosen because its receiver is failing.
                most=(LANE + 1) * self._lanes.width,
            )
        chosen = self._lanes.choose(due)
        if not chosen:
            return ()
        async with self._store.transaction() as work:
            ours = await work.deliveries.claim([delivery.id for delivery, _ in chosen], now, now + self._lease)
        return [(delivery, receiver) for delivery, receiver in chosen if delivery.id in ours]

    def _start(self, delivery: Delivery, receiver: Receiver) -> None:
        self._lanes.enter(receiver)
        task = asyncio.create_task(self._deliver(delivery, receiver), name=f"delivery {delivery.id}")
        self._under_way.add(task)
        task.add_done_callback(lambda done: self._end(done, receiver))

    def _end(self, task: asyncio.Task[None], receiver: Receiver) -> None:
        self._under_way.discard(task)
        self._lanes.leave(receiver)
        self._bell.ring()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its claim runs out and it is tried again; the others need not suffer.
            log.error("a delivery could not be tried", task=task.get_name(), exc_info=error)

    async def _deliver(self, delivery: Delivery, receiver: Receiver) -> None:
        claimed_until = self._clock.monotonic() + self._lease.total_seconds()
        answer = await self._try(delivery, receiver)
        backoff = Backoff(first=0.1, cap=2.0, rng=self._rng)
        while True:
            try:
                return await self._settle(delivery, answer)
            except Failure as failure:
                # Past the lease the delivery is anybody's: it will be sent again, which is all that is left to do.
                if not failure.retryable or self._clock.monotonic() > claimed_until:
                    raise
                await self._clock.sleep(backoff.next())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped = True
        self._bell.ring()
        await self._claims_none.wait()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=self._lease.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
