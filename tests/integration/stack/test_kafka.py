"""The Apache Kafka that tests are given keeps Kafka's promises."""

import asyncio
import uuid

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.stack.eventually import PATIENCE, eventually
from tests.stack.kafka import Kafka

pytestmark = pytest.mark.kafka


@pytest.fixture
async def topic() -> str:
    return f"stack.{uuid.uuid4().hex}"


async def create(kafka: Kafka, topic: str, partitions: int = 4, **settings: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=settings)])
    finally:
        await admin.close()


async def produce(kafka: Kafka, topic: str, *records: tuple[str, str]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
        for key, value in records:
            await producer.send_and_wait(topic, value.encode(), key=key.encode())


async def read(kafka: Kafka, topic: str, count: int, within: float = PATIENCE) -> list[tuple[str, str]]:
    """The first `count` records of the topic, as key and value."""
    async with AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        async with asyncio.timeout(within):
            return [pair(await consumer.getone()) for _ in range(count)]


def pair(record: ConsumerRecord[bytes, bytes]) -> tuple[str, str]:
    assert record.key is not None
    assert record.value is not None
    return record.key.decode(), record.value.decode()


async def test_what_is_produced_is_consumed(kafka: Kafka, topic: str) -> None:
    sent = [(str(number), f"value {number}") for number in range(20)]
    await produce(kafka, topic, *sent)
    assert sorted(await read(kafka, topic, len(sent))) == sorted(sent)


async def test_members_of_a_group_share_the_partitions_and_each_record_goes_to_one(kafka: Kafka, topic: str) -> None:
    await create(kafka, topic, partitions=4)
    group = f"group.{topic}"
    first, second = (
        AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, group_id=group, auto_offset_reset="earliest")
        for _ in range(2)
    )
    received: list[tuple[str, str]] = []

    async def collect(consumer: AIOKafkaConsumer) -> None:
        while True:
            received.append(pair(await consumer.getone()))

    async with first, second, asyncio.TaskGroup() as tasks:
        await eventually(lambda: len(first.assignment()) == len(second.assignment()) == 2)
        assert not first.assignment() & second.assignment()
        collectors = [tasks.create_task(collect(consumer)) for consumer in (first, second)]
        sent = [(str(number), "x") for number in range(100)]
        await produce(kafka, topic, *sent)
        await eventually(lambda: len(received) >= len(sent))
        assert sorted(received) == sorted(sent)
        for collector in collectors:
            collector.cancel()


async def test_a_compacted_topic_keeps_the_last_value_of_each_key(kafka: Kafka, topic: str) -> None:
    await create(
        kafka, topic, 1, **{"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
    )
    await produce(kafka, topic, ("a", "old"), ("a", "older news"), ("a", "new"), ("b", "only"))

    async def compacted() -> bool:
        # A segment is closed by the first record after its time; an open one is never compacted.
        await produce(kafka, topic, ("tick", "tick"))
        values = [value for key, value in await read(kafka, topic, 2) if key != "tick"]
        return values == ["new", "only"]

    await eventually(compacted, every=0.3)


async def test_stopped_and_started_again_it_has_its_address_and_its_records(private_kafka: Kafka, topic: str) -> None:
    address = private_kafka.bootstrap
    await produce(private_kafka, topic, ("1", "before the stop"))
    await private_kafka.stop()
    await private_kafka.start()
    await produce(private_kafka, topic, ("2", "before the crash"))
    await private_kafka.kill()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*address.split(":"))
    await private_kafka.start()
    assert private_kafka.bootstrap == address
    assert sorted(await read(private_kafka, topic, 2)) == [("1", "before the stop"), ("2", "before the crash")]


async def test_a_producer_left_alone_while_kafka_is_away_delivers_when_it_returns(
    private_kafka: Kafka, topic: str
) -> None:
    await create(private_kafka, topic, partitions=1)
    async with AIOKafkaProducer(bootstrap_servers=private_kafka.bootstrap, request_timeout_ms=60_000) as producer:
        await producer.send_and_wait(topic, b"1", key=b"k")
        await private_kafka.kill()
        sending = await producer.send(topic, b"2", key=b"k")
        await private_kafka.start()
        await asyncio.wait_for(sending, PATIENCE)
    assert await read(private_kafka, topic, 2) == [("k", "1"), ("k", "2")]
