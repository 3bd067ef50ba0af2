"""Consumes one topic in batches: what is bad goes to the dead letters, what is away is awaited."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any, Generic, TypeVar

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, IllegalStateError, KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from faststream.kafka.subscriber.usecase import DefaultSubscriber
from faststream.middlewares import AckPolicy
from opentelemetry import metrics, trace

from chassis.health import Health
from chassis.kafka.dead_letters import DeadLetterLimit, dead_letter, headers_of, without_value
from chassis.tracecontext import parent_of
from events.base import Event
from events.cloudevents import Received, Record, UndecodableError, decode
from events.topics import Topic
from resilience.clock import Clock
from resilience.errors import Failure
from resilience.retry import Backoff

E = TypeVar("E", bound=Event)

Handle = Callable[[Sequence[Received[E]]], Awaitable[None]]
"""Processes a batch. It must be idempotent: the same events come again after a crash or a rebalance. Raising a
retryable Failure means that something it needs is away: the same batch is given again later. Any other exception means
that an event of the batch cannot be processed: the batch is given again in ever smaller parts to find it."""

_Events = list[tuple[Received[E], "ConsumerRecord[bytes, bytes]"]]

Publish = Callable[[Sequence[Record]], Awaitable[None]]

log = structlog.stdlib.get_logger("kafka")
_tracer = trace.get_tracer("seawall.kafka")
_consumed = metrics.get_meter("seawall.kafka").create_counter(
    "seawall.kafka.consumed", description="Events consumed, by topic and outcome: handled or dead_lettered."
)

TRIES = 3
"""How often a batch, and then an event, is tried before it is taken apart, or called dead."""


class _TooManyDeadLettersError(Exception):
    """The consumer, or who produces for it, is wrong: it must halt before `record`."""

    def __init__(self, record: "ConsumerRecord[bytes, bytes]", cause: str) -> None:
        super().__init__(f"too many bad records on {record.topic}; the next: {cause}")
        self.record = record


class Consumer(Generic[E]):
    """One topic of one consumer group; with no group, every event from the topic's start, for this process alone."""

    def __init__(
        self,
        topic: Topic[E],
        handle: Handle[E],
        *,
        group: str | None,
        publish: Publish,
        health: Health,
        clock: Clock,
        max_batch: int = 500,
    ) -> None:
        self._topic = topic
        self._handle = handle
        self._group = group
        self._publish = publish
        self._health = health
        self._clock = clock
        self._max_batch = max_batch
        self._limit = DeadLetterLimit(clock)
        self._rng = random.Random()  # noqa: S311 - jitter
        self._subscriber: DefaultSubscriber | None = None
        self._halting: asyncio.Task[None] | None = None

    def register(self, broker: KafkaBroker) -> None:
        """Subscribe on `broker`, before it starts."""
        subscriber = broker.subscriber(
            self._topic.name,
            group_id=self._group,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            # A batch waits for a lost dependency as long as it takes; heartbeats go on by themselves.
            max_poll_interval_ms=24 * 3600 * 1000,
            # The least that Kafka allows: so soon another member takes over from one that was killed.
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_500,
            # A fetch is answered as soon as there is a record; how long it waits for one is what an idle topic costs.
            # A partition taken over meanwhile is read after that, at the latest.
            fetch_max_wait_ms=2_000,
            consumer_timeout_ms=1_000,
            parser=_as_it_came,
            decoder=_as_it_is,
            no_reply=True,
        )
        subscriber(self._consume)
        self._subscriber = subscriber

    async def _consume(self, message: KafkaMessage) -> None:
        """Process a record and those that wait behind it, in their order, and commit them.

        FastStream's own batches are asked for again and again while there is nothing; it waits for one record without.
        Nothing is raised: FastStream would swallow it and go on, and the next commit would pass what was not processed.
        """
        records = (message.raw_message, *await self._behind())
        try:
            await self._work(records)
        except _TooManyDeadLettersError as error:
            await self._commit(records[: records.index(error.record)])
            await self._halt(error)
        except Exception as error:  # noqa: BLE001 - see above
            await self._halt(error)
        else:
            await self._commit(records)

    async def _behind(self) -> "Sequence[ConsumerRecord[bytes, bytes]]":
        """What else was fetched already, up to a whole batch."""
        consumer = self._subscriber.consumer if self._subscriber else None
        if consumer is None or self._max_batch == 1:
            return ()
        try:
            fetched = await consumer.getmany(timeout_ms=0, max_records=self._max_batch - 1)
        except (KafkaError, ConsumerStoppedError) as error:
            log.info("only one record was taken", topic=self._topic.name, error=repr(error))
            return ()
        return tuple(chain.from_iterable(fetched.values()))

    async def _commit(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> None:
        """Commit `records`, of which each partition's are in order."""
        consumer = self._subscriber.consumer if self._subscriber else None
        if self._group is None or consumer is None or not records:
            return
        try:
            await consumer.commit({TopicPartition(r.topic, r.partition): r.offset + 1 for r in records})
        except (KafkaError, IllegalStateError) as error:
            # The partitions are another member's now: it starts from the last commit, so that these events come again.
            log.info("a batch was processed and not committed", topic=self._topic.name, error=repr(error))

    async def _halt(self, error: Exception) -> None:
        """Leave the group and stay unready until somebody restarts the service.

        The subscriber is stopped by a task of its own: stopping it cancels the task that this runs in.
        """
        unforeseen = None if isinstance(error, _TooManyDeadLettersError) else error
        log.critical("the consumer halts", topic=self._topic.name, cause=str(error), exc_info=unforeseen)
        self._health.require(f"consumer of {self._topic.name}", f"halted: {error}")
        if self._subscriber is not None:
            self._halting = asyncio.create_task(self._subscriber.stop())
            # Let it forbid the next batch before this one's end is seen.
            await asyncio.sleep(0)

    async def _work(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> None:
        """Process `records` in their order, so that at any moment a prefix of them is done."""
        good: _Events[E] = []
        for record in records:
            try:
                good.append((decode(self._topic, record.value, headers_of(record)), record))
            except UndecodableError as error:
                await self._process(good)
                good = []
                await self._bury(record, str(error))
        await self._process(good)

    async def _process(self, events: "_Events[E]") -> None:
        if events:
            with _spans(self._topic.name, [event for event, _ in events]):
                await self._divide(events)

    async def _divide(self, events: "_Events[E]") -> None:
        """Handle `events`; where that fails halve them, until what cannot be processed is alone."""
        error = await self._try([event for event, _ in events])
        if error is None:
            _consumed.add(len(events), {"topic": self._topic.name, "outcome": "handled"})
        elif len(events) > 1:
            middle = len(events) // 2
            await self._divide(events[:middle])
            await self._divide(events[middle:])
        else:
            ((event, record),) = events
            log.error("an event cannot be processed", topic=self._topic.name, event_id=event.id, exc_info=error)
            await self._bury(record, repr(error))

    async def _try(self, batch: Sequence[Received[E]]) -> Exception | None:
        """Handle `batch`, waiting for what is away; the error where that is not what stands in the way."""
        backoff = Backoff(first=0.2, cap=5.0, rng=self._rng)
        tries = 0
        waiting = False
        while True:
            try:
                await self._handle(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the events must not be lost
                if isinstance(error, Failure) and error.retryable:
                    if not waiting:
                        log.warning("consumption waits", topic=self._topic.name, cause=error.message)
                        waiting = True
                else:
                    tries += 1
                    if tries == TRIES:
                        return error
                await self._clock.sleep(backoff.next())
            else:
                if waiting:
                    log.info("consumption goes on", topic=self._topic.name)
                return None

    async def _bury(self, record: "ConsumerRecord[bytes, bytes]", cause: str) -> None:
        if self._limit.exceeded():
            raise _TooManyDeadLettersError(record, cause)
        letter = dead_letter(record, group=self._group or "", cause=cause)
        backoff = Backoff(first=0.2, cap=5.0, rng=self._rng)
        while True:
            try:
                await self._publish([letter])
            except Failure as failure:
                if failure.retryable:
                    await self._clock.sleep(backoff.next())
                elif letter.value:
                    letter = without_value(letter)
                else:
                    raise
            else:
                break
        _consumed.add(1, {"topic": self._topic.name, "outcome": "dead_lettered"})
        log.warning("a record went to the dead letters", topic=letter.topic, offset=record.offset, cause=cause)


async def _as_it_came(record: "ConsumerRecord[bytes, bytes]") -> KafkaMessage:
    """A record as FastStream hands it on. Its own parser loses one of which a header is null or not UTF-8."""
    return KafkaMessage(raw_message=record, body=b"", consumer=FAKE_CONSUMER)


async def _as_it_is(message: Any) -> Any:
    return message


@contextmanager
def _spans(topic: str, events: Sequence[Received[Any]]) -> Iterator[None]:
    """A consumer span in the trace of each event that is traced, for as long as the batch is processed."""
    with ExitStack() as stack:
        for event in events:
            if (event.traceparent or "").endswith("-01"):
                context = parent_of(event.traceparent)
                producer = trace.get_current_span(context).get_span_context()
                stack.enter_context(
                    _tracer.start_as_current_span(
                        f"process {topic}",
                        context=context,
                        kind=trace.SpanKind.CONSUMER,
                        links=[trace.Link(producer)],
                        attributes={
                            "messaging.system": "kafka",
                            "messaging.operation.type": "process",
                            "messaging.destination.name": topic,
                            "messaging.message.id": event.id,
                        },
                    )
                )
        yield
