"""What a system has written down: rows of its tables, and its topics from their start to their end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.kafka.dead_letters import headers_of
from events.base import Event
from events.cloudevents import Received, decode
from events.topics import CREDENTIALS, HEALTH, REQUESTS, TOPICS, Topic
from tests.e2e.system import System
from tests.stack.postgres import plain

E = TypeVar("E", bound=Event)

READ_TIMEOUT = 60.0
OUTBOXES = ("monitor", "alerts", "config")
GROUPS: dict[str, Topic[Any]] = {"monitor": REQUESTS, "alerts": HEALTH, "alerts-credentials": CREDENTIALS}
"""Consumer group → what it consumes."""


@dataclass(frozen=True)
class Written(Generic[E]):
    """A record of a topic, at its place."""

    partition: int
    offset: int
    key: str
    event: Received[E]


async def rows(system: System, query: str) -> list[asyncpg.Record]:
    """What `query` finds."""
    connection = await asyncpg.connect(plain(system.environment["SEAWALL_DATABASE_URL"]), timeout=10)
    try:
        return list(await connection.fetch(query, timeout=60))
    finally:
        await connection.close()


async def ledger(system: System) -> list[str]:
    """The ids of the requests that are in the ledger."""
    return [row["request_id"] for row in await rows(system, "SELECT request_id FROM monitor.requests")]


async def waiting(system: System) -> dict[str, int]:
    """Service → events that wait in its outbox, where any do."""
    counts = {
        service: (await rows(system, f"SELECT count(*) AS n FROM {service}.outbox"))[0]["n"] for service in OUTBOXES
    }
    return {service: count for service, count in counts.items() if count}


async def lag(system: System) -> dict[str, int]:
    """Topic of a consumer group → records that it has not committed, where there are any."""
    behind: dict[str, int] = {}
    for group, topic in GROUPS.items():
        consumer = AIOKafkaConsumer(
            bootstrap_servers=system.stores.kafka.bootstrap, group_id=group, enable_auto_commit=False
        )
        await consumer.start()
        try:
            places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            consumer.assign(places)  # by hand: it joins no group, and only reads what the group committed
            for place, end in (await consumer.end_offsets(places)).items():
                if missing := end - (await consumer.committed(place) or 0):
                    behind[topic.name] = behind.get(topic.name, 0) + missing
        finally:
            await consumer.stop()
    return behind


async def written(system: System, topic: Topic[E]) -> list[Written[E]]:
    """All of `topic`, each partition in its order. Raises TimeoutError, and UndecodableError for what is no event."""
    found = []
    async with asyncio.timeout(READ_TIMEOUT):
        for record in await _records(system, topic.name):
            event = decode(topic, record.value, headers_of(record))
            found.append(Written(record.partition, record.offset, (record.key or b"").decode(), event))
    return found


async def dead_letters(system: System) -> list[str]:
    """What went to the dead letters of any topic, with its cause."""
    async with asyncio.timeout(READ_TIMEOUT):
        return [
            f"{topic.dead_letters}: {headers_of(record)}"
            for topic in TOPICS
            for record in await _records(system, topic.dead_letters)
        ]


async def _records(system: System, topic: str) -> Sequence[Any]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=system.stores.kafka.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        found: list[Any] = []
        for place, end in (await consumer.end_offsets(list(consumer.assignment()))).items():
            while await consumer.position(place) < end:
                found += (await consumer.getmany(place, timeout_ms=1000)).get(place, [])
        return found
    finally:
        await consumer.stop()
