"""Credentials' changes on their way to Kafka, from whoever must not wait for it."""

import asyncio
import random
import uuid

from chassis.kafka.consumer import Publish
from events.cloudevents import Record, encode
from events.credentials import CredentialChanged
from events.topics import CREDENTIALS
from resilience.clock import Clock
from resilience.errors import Failure
from resilience.retry import Backoff

SOURCE = "/seawall/providers"
"""CloudEvents source of what this service tells."""
MAX_WAITING = 10_000
"""Credentials whose latest change waits while Kafka is away; past them the oldest change is lost."""


class KafkaCredentialEvents:
    """See CredentialEvents; `run` is its background task. `publish` returns once Kafka has the records, or raises."""

    def __init__(self, publish: Publish, clock: Clock) -> None:
        self._publish = publish
        self._clock = clock
        self._waiting: dict[str, Record] = {}
        self._some = asyncio.Event()

    def put(self, event: CredentialChanged) -> None:
        """See CredentialEvents."""
        key = f"{event.organization}/{event.provider}/{event.credential}"
        self._waiting.pop(key, None)
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.pop(next(iter(self._waiting)))
        self._waiting[key] = encode(
            CREDENTIALS, event, event_id=uuid.uuid4().hex, source=SOURCE, time=self._clock.now(), key=key
        )
        self._some.set()

    async def run(self) -> None:
        """Publish what there is, for ever."""
        backoff = Backoff(first=0.5, cap=5.0, rng=random.Random())  # noqa: S311 - jitter
        while True:
            await self._some.wait()
            self._some.clear()
            batch, self._waiting = self._waiting, {}
            try:
                await self._publish(list(batch.values()))
            except Failure:
                # What changed meanwhile is newer, and takes the place of what could not be told.
                self._waiting = batch | self._waiting
                self._some.set()
                await self._clock.sleep(backoff.next())
            else:
                backoff.reset()
