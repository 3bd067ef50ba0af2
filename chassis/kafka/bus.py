"""A service's connection to Kafka: made in the background, made again when it is lost, never waited for by requests."""

import asyncio
import random
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeVar

import anyio.lowlevel
import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from chassis.health import Health
from chassis.kafka.consumer import Consumer, Handle
from chassis.kafka.producer import Producer
from chassis.kafka.provision import provision
from chassis.settings import ServiceSettings
from chassis.tasks import Background
from events.base import Event
from events.cloudevents import Record
from events.topics import Topic
from resilience.clock import Clock
from resilience.retry import Backoff

E = TypeVar("E", bound=Event)

log = structlog.stdlib.get_logger("kafka")


class Bus:
    """Publishes and consumes events, as an async context manager; subscribe before it is entered.

    On exit consumers finish and commit their batch, then what was published and not acknowledged is sent.
    """

    def __init__(
        self, name: str, settings: ServiceSettings, *, health: Health, background: Background, clock: Clock
    ) -> None:
        self._settings = settings
        self._health = health
        self._background = background
        self._clock = clock
        self._client_id = f"seawall-{name}"
        self._producer = Producer(settings.kafka_bootstrap, client_id=self._client_id)
        self._consumers: list[Consumer[Event]] = []
        self._broker: KafkaBroker | None = None
        self._keeping: asyncio.Task[None] | None = None

    def subscribe(self, topic: Topic[E], handle: Handle[E], *, group: str | None, max_batch: int = 500) -> None:
        """Give `handle` every event of `topic`, each at least once. See Consumer for `group`."""
        consumer = Consumer(
            topic,
            handle,
            group=group,
            publish=self.publish,
            health=self._health,
            clock=self._clock,
            max_batch=max_batch,
        )
        self._consumers.append(consumer)  # type: ignore[arg-type]  # each consumer decodes for its own handler

    async def publish(self, records: Sequence[Record]) -> None:
        """Return once Kafka has the records. Raises Failure(UNAVAILABLE, retryable)."""
        await self._producer.publish(records)

    async def __aenter__(self) -> Self:
        # Imports what FastStream waits by, for which requests would else wait once.
        await anyio.lowlevel.checkpoint()
        self._keeping = self._background.start("kafka", self._keep_connected)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._broker is not None:
            await self._broker.stop()
        await self._producer.close()

    async def _keep_connected(self) -> None:
        backoff = Backoff(first=0.5, cap=5.0, rng=random.Random())  # noqa: S311 - jitter
        told = False
        while True:
            try:
                await self._connect()
            except (KafkaError, OSError, TimeoutError) as error:
                if not told:
                    log.warning("Kafka cannot be reached; trying on", error=repr(error))
                    told = True
                await self._clock.sleep(backoff.next())
                continue
            if told:
                log.info("Kafka is reached")
                told = False
            backoff.reset()
            await self._clock.sleep(1.0)

    async def _connect(self) -> None:
        """Make what is missing of the connection."""
        if self._producer.connected and self._broker is not None:
            return
        if self._settings.kafka_provision and self._broker is None:
            await provision(self._settings.kafka_bootstrap, replication=self._settings.kafka_replication)
        if not self._producer.connected:
            await self._producer.connect()
        if self._broker is None:
            self._broker = await self._start_consumers()

    async def _start_consumers(self) -> KafkaBroker:
        broker = KafkaBroker(
            self._settings.kafka_bootstrap.split(","),
            client_id=self._client_id,
            apply_types=False,
            consumer_only=True,
            logger=None,
            graceful_timeout=self._settings.rest_drain,
        )
        for consumer in self._consumers:
            consumer.register(broker)
        try:
            await broker.start()
        except BaseException:
            await broker.stop()
            raise
        return broker
