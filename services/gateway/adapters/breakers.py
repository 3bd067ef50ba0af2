"""Tells the other gateways when a breaker of this one opens or closes, beside the requests and never in their way."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence

import structlog

from events.breakers import BreakerChanged, BreakerState
from events.cloudevents import Record, encode
from events.topics import BREAKERS
from resilience.breaker import Transition
from resilience.clock import Clock
from resilience.errors import Failure
from resilience.retry import Backoff

log = structlog.stdlib.get_logger("breakers")

MOST_WAITING = 10_000
"""Targets whose latest transition waits for Kafka; beyond them the one that waits longest is not told."""


class BreakerBroadcast:
    """Publishes transitions by `publish`, which returns once Kafka has the records and raises Failure else.

    Of each target only the latest transition waits, so that after an outage the others hear how it stands and not how
    it came to be. A transition whose publishing failed may be told twice, under one event id.
    """

    def __init__(self, publish: Callable[[Sequence[Record]], Awaitable[None]], gateway_id: str, clock: Clock) -> None:
        self._publish = publish
        self._gateway = gateway_id
        self._clock = clock
        self._backoff = Backoff(first=0.1, cap=2.0, rng=random.Random())  # noqa: S311 - jitter
        self._waiting: dict[tuple[str, str], Record] = {}
        self._noted = asyncio.Event()
        self._away = False

    def note(self, organization: str, target: str, transition: Transition) -> None:
        """Have `transition` published soon; neither blocks nor raises. What another gateway told is not told on."""
        if transition.shared:
            return
        change = BreakerChanged(
            organization=organization,
            target=target,
            state=BreakerState(transition.state.value),
            previous=BreakerState(transition.previous.value),
            explanation=transition.explanation,
            since=transition.since,
            until=transition.until,
            gateway=self._gateway,
        )
        self._wait(
            (organization, target),
            encode(
                BREAKERS,
                change,
                event_id=str(uuid.uuid4()),
                source=f"/seawall/gateway/{self._gateway}",
                time=self._clock.now(),
                key=f"{organization}/{target}",
            ),
        )
        self._noted.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._noted.wait()
            self._noted.clear()
            while self._waiting:
                await self._publish_waiting()

    async def _publish_waiting(self) -> None:
        batch, self._waiting = self._waiting, {}
        try:
            await self._publish(list(batch.values()))
        except Failure as failure:
            if not failure.retryable:
                log.error("breakers are not told", error=failure.message, targets=len(batch))  # noqa: TRY400 - it is said
                return
            # What was noted meanwhile is newer than what could not be published, and stays behind it.
            newer, self._waiting = self._waiting, batch
            for target, record in newer.items():
                self._wait(target, record)
            if not self._away:
                log.warning("breakers are not told; trying on", error=failure.message)
                self._away = True
            await self._clock.sleep(self._backoff.next())
            return
        if self._away:
            log.info("breakers are told again")
            self._away = False
        self._backoff.reset()

    def _wait(self, target: tuple[str, str], record: Record) -> None:
        self._waiting.pop(target, None)
        if len(self._waiting) >= MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[target] = record
