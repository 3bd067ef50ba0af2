"""Sends records, and says so only once Kafka has them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

from chassis.kafka.partition import partition_of
from events.cloudevents import Record
from resilience.errors import Failure, Reason

log = structlog.stdlib.get_logger("kafka")

PUBLISH_TIMEOUT = 10.0
"""Seconds for what is published together to be acknowledged."""
MAX_BATCH_BYTES = 256 * 1024
"""Of one partition's records that travel together; a record that is larger travels alone."""
MAX_RECORD_BYTES = 1024 * 1024
"""What Kafka takes as one batch by default, and so of the largest record, with the batch's own header."""


class Producer:
    """An idempotent producer that can be connected, lost and connected again."""

    def __init__(self, bootstrap: str, *, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._kafka: AIOKafkaProducer | None = None
        self._stopping: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether a publish may be tried."""
        return self._kafka is not None

    async def connect(self) -> None:
        """Reach Kafka, once. Raises KafkaError or OSError."""
        kafka = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap.split(","),
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            max_batch_size=MAX_BATCH_BYTES,
            request_timeout_ms=8_000,
            retry_backoff_ms=200,
        )
        try:
            await kafka.start()
        except BaseException:
            await kafka.stop()
            raise
        self._kafka = kafka

    async def publish(self, records: Sequence[Record]) -> None:
        """Return once every record is acknowledged; records of one key keep their order.

        What goes to one partition is sent, and acknowledged, as one batch, without delay.
        Raises Failure(UNAVAILABLE, retryable) where that did not happen in PUBLISH_TIMEOUT: some of them may have
        arrived all the same, so consumers see an event again when it is published again. Raises
        Failure(REQUEST_TOO_LARGE), with nothing sent, where Kafka will never take a record for its size.
        """
        kafka = self._kafka
        if kafka is None:
            raise Failure(Reason.UNAVAILABLE, "Kafka is not connected.", retryable=True)
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                batches = [
                    (topic, partition, batch)
                    for (topic, partition), parts in (await _by_partition(kafka, records)).items()
                    for batch in _batches(kafka, parts)
                ]
                sent = [
                    await kafka.send_batch(batch, topic, partition=partition) for topic, partition, batch in batches
                ]
                await asyncio.gather(*sent)
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            raise Failure(Reason.REQUEST_TOO_LARGE, "A record is larger than Kafka takes.") from error
        except (KafkaError, TimeoutError, OSError) as error:
            self._lose(kafka)
            raise Failure(Reason.UNAVAILABLE, f"Kafka did not take the records: {error!r}", retryable=True) from error

    async def close(self) -> None:
        """Disconnect; what was published is acknowledged, or its publisher was told that it is not."""
        if self._kafka is not None:
            self._lose(self._kafka)
        await asyncio.gather(*self._stopping)

    def _lose(self, kafka: AIOKafkaProducer) -> None:
        """Give `kafka` up: after an error its sequence numbers or its view of the cluster may be wrong for good.

        It takes some seconds to stop, for it waits until what it has not sent is too old; nobody waits for that.
        """
        if self._kafka is kafka:
            self._kafka = None
            stopping = asyncio.create_task(_stop(kafka), name="kafka producer stops")
            self._stopping.add(stopping)
            stopping.add_done_callback(self._stopping.discard)


async def _by_partition(kafka: AIOKafkaProducer, records: Sequence[Record]) -> dict[tuple[str, int], list[Record]]:
    """`records` by topic and partition, in their order. Raises KafkaError."""
    found: defaultdict[tuple[str, int], list[Record]] = defaultdict(list)
    partitions = {topic: sorted(await kafka.partitions_for(topic)) for topic in {record.topic for record in records}}
    for record in records:
        found[record.topic, partition_of(record.key, partitions[record.topic])].append(record)
    return found


def _batches(kafka: AIOKafkaProducer, records: Sequence[Record]) -> Iterator[BatchBuilder]:
    """`records`, of one partition, in as few batches as hold them. Raises MessageSizeTooLargeError."""
    batch = kafka.create_batch()
    for record in records:
        headers = [(name, value.encode()) for name, value in record.headers.items()]
        # None: it is full. One that is empty takes a record of any size.
        while batch.append(timestamp=None, key=record.key, value=record.value, headers=headers) is None:
            yield _closed(batch)
            batch = kafka.create_batch()
    yield _closed(batch)


def _closed(batch: BatchBuilder) -> BatchBuilder:
    """`batch`, to be sent as it is."""
    if batch.size() > MAX_RECORD_BYTES:
        raise MessageSizeTooLargeError(f"A record takes {batch.size()} bytes.")
    batch.close()
    return batch


async def _stop(kafka: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            await kafka.stop()
    except (KafkaError, TimeoutError, OSError) as error:
        log.warning("the producer did not stop cleanly", error=repr(error))
