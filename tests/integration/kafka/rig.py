"""What the tests of the Bus are made of: buses, records of a topic of the test's own, and what reached its handler."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient

from chassis.health import Health
from chassis.kafka.bus import Bus
from chassis.settings import ServiceSettings
from chassis.tasks import Background
from events.cloudevents import Received, Record, encode
from events.config import Action, ConfigChanged
from events.topics import Topic
from resilience.clock import SystemClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fresh_topic() -> Topic[ConfigChanged]:
    return Topic(f"test.{uuid.uuid4().hex}", ConfigChanged, key="anything", description="A test's own.")


def record(topic: Topic[ConfigChanged], number: int) -> Record:
    """Event `number`: its id is the number, so that a handler can tell which it got."""
    change = ConfigChanged(
        organization="acme", resource=f"r/{number}", action=Action.UPDATE, version=number, actor="test"
    )
    return encode(topic, change, event_id=str(number), source="/test", time=NOW, key=str(number))


class Seen:
    """A handler that remembers, in order, each event that it was done with, and fails where it is told to."""

    def __init__(self) -> None:
        self.versions: list[int] = []
        self.calls = 0
        self.fail: Exception | None = None
        self.poison: set[int] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, batch: Sequence[Received[ConfigChanged]]) -> None:
        self.calls += 1
        await self.gate.wait()
        if self.fail is not None:
            raise self.fail
        if bad := self.poison & {event.data.version for event in batch}:
            raise ValueError(f"cannot digest {sorted(bad)}")
        self.versions += [event.data.version for event in batch]


@asynccontextmanager
async def running(
    bootstrap: str,
    topic: Topic[ConfigChanged],
    handle: Seen,
    *,
    group: str | None,
    health: Health | None = None,
    drain_timeout: float = 2.0,
) -> AsyncIterator[Bus]:
    settings = ServiceSettings(
        grpc_address="127.0.0.1:0",
        http_address="127.0.0.1:0",
        kafka_bootstrap=bootstrap,
        drain_timeout=drain_timeout,
    )
    async with Background() as background:
        bus = Bus("test", settings, health=health or Health(), background=background, clock=SystemClock())
        bus.subscribe(topic, handle, group=group)
        async with bus:
            yield bus
        assert not background.failed.is_set()


async def produce(bootstrap: str, records: Sequence[Record]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        await asyncio.gather(
            *[
                await producer.send(
                    r.topic, r.value, key=r.key, headers=[(name, value.encode()) for name, value in r.headers.items()]
                )
                for r in records
            ]
        )
    finally:
        await producer.stop()


async def send_raw(
    bootstrap: str, topic: str, value: bytes | None, headers: Sequence[tuple[str, bytes | None]] = ()
) -> None:
    """A record as a broken producer might send it."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=b"k", headers=list(headers), partition=0)
    finally:
        await producer.stop()


async def read_all(bootstrap: str, topic: str) -> "list[ConsumerRecord[bytes, bytes]]":
    """Every record of `topic` that is there now."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[ConsumerRecord[bytes, bytes]] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return found
    finally:
        await consumer.stop()


async def committed(bootstrap: str, topic: str, group: str) -> int:
    """How many records of `topic` the group has committed, over all partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return sum(max(at.offset, 0) for partition, at in offsets.items() if partition.topic == topic)


async def members(bootstrap: str, group: str) -> int:
    """How many members the group has, as its coordinator sees it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    (described,) = answer.groups
    return len(described[5])
