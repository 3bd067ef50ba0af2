"""The journal, shipped to Apache Kafka that comes and goes."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from chassis.health import Health
from chassis.kafka.bus import Bus
from chassis.settings import ServiceSettings
from chassis.tasks import Background
from events.topics import REQUESTS
from resilience.clock import SystemClock
from services.gateway.adapters.journal import Journal, Shipper
from services.gateway.adapters.journal.store import BATCH_RECORDS
from tests.stack.eventually import eventually
from tests.stack.kafka import Kafka
from tests.unit.gateway.journal_records import record

pytestmark = pytest.mark.kafka


async def told(bootstrap: str) -> dict[int, list[int]]:
    """Numbers of the records in Kafka, by partition, in their order."""
    consumer = AIOKafkaConsumer(REQUESTS.name, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: dict[int, list[int]] = {}
        ends = await consumer.end_offsets(consumer.assignment())
        while sum([await consumer.position(partition) for partition in ends]) < sum(ends.values()):
            for partition, records in (await consumer.getmany(timeout_ms=1000)).items():
                found.setdefault(partition.partition, []).extend(int(item.key[1:]) for item in records)
        return found
    finally:
        await consumer.stop()


async def test_what_was_appended_while_kafka_was_down_arrives_in_order(private_kafka: Kafka, tmp_path: Path) -> None:
    settings = ServiceSettings(
        grpc_address="127.0.0.1:0", http_address="127.0.0.1:0", kafka_bootstrap=private_kafka.bootstrap
    )
    clock = SystemClock()
    async with (
        Background() as background,
        Bus("gateway", settings, health=Health(), background=background, clock=clock) as bus,
        Journal(tmp_path, max_bytes=1 << 26, clock=clock) as journal,
    ):
        shipper = Shipper(journal, bus.publish, clock)
        background.start("journal", shipper.run)
        for number in range(300):
            await journal.append(record(number))
        async with asyncio.timeout(60):
            await journal.emptied()
        await private_kafka.stop()
        for start in range(300, 3000, 50):
            await asyncio.gather(*(journal.append(record(number)) for number in range(start, start + 50)))
        await eventually(lambda: journal.waiting == 2700)
        await private_kafka.start()
        async with asyncio.timeout(60):
            await journal.emptied()
        await journal.append(record(3000))
        await shipper.drain(10.0)
        assert not background.failed.is_set()
    found = await told(private_kafka.bootstrap)
    numbers = [number for part in found.values() for number in part]
    assert set(numbers) == set(range(3001))
    assert len(numbers) - len(set(numbers)) <= BATCH_RECORDS, "more came twice than a batch"
    for part in found.values():
        assert list(dict.fromkeys(part)) == sorted(set(part)), "records of one partition changed their order"
