"""Consumes one topic in batches: what is bad goes to the dead letters, what is away is awaited."""

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Generic, TypeVar

import structlog
from aiokafka import ConsumerRecord
from faststream.exceptions import StopConsume
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.middlewares import AckPolicy
from opentelemetry import metrics, trace

from chassis.health import Health
from chassis.kafka.dead_letters import DeadLetterLimit, dead_letter, headers_of
from chassis.tracecontext import parent_of
from events.base import Event
from events.cloudevents import Received, Record, UndecodableError, decode
from events.topics import Topic
from resilience.backoff import Backoff
from resilience.clock import Clock
from resilience.errors import Failure

E = TypeVar("E", bound=Event)

Handle = Callable[[Sequence[Received[E]]], Awaitable[None]]
"""Processes a batch. It must be idempotent: the same events come again after a crash or a rebalance. Raising a
retryable Failure means that something it needs is away: the same batch is given again later. Any other exception means
that an event of the batch cannot be processed: the events are given again one by one to find it."""

Publish = Callable[[Sequence[Record]], Awaitable[None]]

log = structlog.stdlib.get_logger("kafka")
_tracer = trace.get_tracer("seawall.kafka")
_consumed = metrics.get_meter("seawall.kafka").create_counter(
    "seawall.kafka.consumed", description="Events consumed, by topic and outcome: handled or dead_lettered."
)

TRIES = 3
"""How often a batch, and then an event, is tried before it is taken apart, or called dead."""


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

    def register(self, broker: KafkaBroker) -> None:
        """Subscribe on `broker`, before it starts."""
        subscriber = broker.subscriber(
            self._topic.name,
            group_id=self._group,
            batch=True,
            max_records=self._max_batch,
            batch_timeout_ms=100,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL if self._group else AckPolicy.ACK_FIRST,
            # A batch waits for a lost dependency as long as it takes; heartbeats go on by themselves.
            max_poll_interval_ms=24 * 3600 * 1000,
            decoder=_as_it_is,
            no_reply=True,
        )
        subscriber(self._consume)

    async def _consume(self, message: KafkaMessage) -> None:
        raw = message.raw_message
        records = raw if isinstance(raw, tuple) else (raw,)
        events = await self._decode(records)
        if events:
            with _spans(self._topic.name, [event for event, _ in events]):
                await self._process(events)
        if self._group:
            await message.ack()

    async def _decode(
        self, records: "Sequence[ConsumerRecord[bytes, bytes]]"
    ) -> "list[tuple[Received[E], ConsumerRecord[bytes, bytes]]]":
        events = []
        for record in records:
            try:
                events.append((decode(self._topic, record.value, headers_of(record)), record))
            except UndecodableError as error:
                await self._bury(record, str(error))
        return events

    async def _process(self, events: "Sequence[tuple[Received[E], ConsumerRecord[bytes, bytes]]]") -> None:
        error = await self._try([event for event, _ in events])
        if error is None:
            _consumed.add(len(events), {"topic": self._topic.name, "outcome": "handled"})
        elif len(events) > 1:
            for event in events:
                await self._process([event])
        else:
            log.error("an event cannot be processed", topic=self._topic.name, event_id=events[0][0].id, exc_info=error)
            await self._bury(events[0][1], repr(error))

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
                return None

    async def _bury(self, record: "ConsumerRecord[bytes, bytes]", cause: str) -> None:
        if self._limit.exceeded():
            why = f"too many bad records on {self._topic.name}; the last: {cause}"
            log.critical("the consumer halts", topic=self._topic.name, cause=cause)
            self._health.require(f"consumer of {self._topic.name}", why)
            raise StopConsume
        letter = dead_letter(record, group=self._group or "", cause=cause)
        backoff = Backoff(first=0.2, cap=5.0, rng=self._rng)
        while True:
            try:
                await self._publish([letter])
            except Failure as failure:
                if not failure.retryable:
                    raise
                await self._clock.sleep(backoff.next())
            else:
                break
        _consumed.add(1, {"topic": self._topic.name, "outcome": "dead_lettered"})
        log.warning("a record went to the dead letters", topic=letter.topic, offset=record.offset, cause=cause)


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
