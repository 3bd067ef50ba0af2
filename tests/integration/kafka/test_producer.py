"""What is published together arrives as one batch a partition: in order, whole, where any other client would put it."""

from collections import defaultdict

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.kafka.dead_letters import headers_of
from chassis.kafka.producer import MAX_BATCH_BYTES, Producer
from events.cloudevents import Record
from resilience.errors import Failure, Reason
from tests.integration.kafka.rig import fresh_topic, read_all, record
from tests.stack.kafka import Kafka

pytestmark = pytest.mark.kafka


async def new_topic(kafka: Kafka, *, partitions: int) -> str:
    name = fresh_topic().name
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1)])
    finally:
        await admin.close()
    return name


async def publish(kafka: Kafka, *batches: list[Record]) -> None:
    producer = Producer(kafka.bootstrap, client_id="test")
    await producer.connect()
    try:
        for batch in batches:
            await producer.publish(batch)
    finally:
        await producer.close()


async def test_a_key_s_partition_is_the_one_that_other_clients_choose(kafka: Kafka) -> None:
    topic = await new_topic(kafka, partitions=7)
    keys = [f"acme/provider/{number}".encode() for number in range(60)]
    other = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await other.start()
    try:
        theirs = {key: (await other.send_and_wait(topic, b"theirs", key=key)).partition for key in keys}
    finally:
        await other.stop()
    await publish(kafka, [Record(topic, key, b"ours", {}) for key in keys])
    ours = {found.key: found.partition for found in await read_all(kafka.bootstrap, topic) if found.value == b"ours"}
    assert ours == theirs
    assert len(set(ours.values())) == 7


async def test_what_arrives_is_what_was_published_and_in_its_order(kafka: Kafka) -> None:
    topic = fresh_topic()
    records = [record(topic, number) for number in range(300)]
    await publish(kafka, records[:200], records[200:])
    arrived = await read_all(kafka.bootstrap, topic.name)
    assert {found.key: (found.value, headers_of(found)) for found in arrived} == {
        sent.key: (sent.value, sent.headers) for sent in records
    }
    numbers = defaultdict(list)
    for found in arrived:
        numbers[found.partition].append(int(found.key))
    assert all(part == sorted(part) for part in numbers.values())


async def test_more_than_a_batch_holds_goes_in_several_in_order(kafka: Kafka) -> None:
    topic = await new_topic(kafka, partitions=1)
    sizes = [10, MAX_BATCH_BYTES // 3, MAX_BATCH_BYTES // 2, MAX_BATCH_BYTES // 3, 3 * MAX_BATCH_BYTES, 5, 900_000, 1]
    await publish(kafka, [Record(topic, str(number).encode(), b"v" * size, {}) for number, size in enumerate(sizes)])
    arrived = await read_all(kafka.bootstrap, topic)
    assert [(int(found.key), len(found.value)) for found in arrived] == list(enumerate(sizes))


async def test_a_record_that_kafka_would_never_take_is_refused_before_anything_is_sent(kafka: Kafka) -> None:
    topic = await new_topic(kafka, partitions=3)
    small = [Record(topic, str(number).encode(), b"v", {}) for number in range(9)]
    producer = Producer(kafka.bootstrap, client_id="test")
    await producer.connect()
    try:
        with pytest.raises(Failure) as refused:
            await producer.publish([*small, Record(topic, b"k", b"v" * 1024 * 1024, {}), *small])
        assert refused.value.reason is Reason.REQUEST_TOO_LARGE
        assert not refused.value.retryable
        assert await read_all(kafka.bootstrap, topic) == []
        await producer.publish(small)
    finally:
        await producer.close()
    assert len(await read_all(kafka.bootstrap, topic)) == 9
