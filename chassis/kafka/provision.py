"""Creates the topics that events/ declares; run as a program, it does so once, as a Job before the services start."""

import asyncio
import os
from datetime import timedelta

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from events.base import Event
from events.topics import TOPICS, Topic

SEGMENT = timedelta(hours=1)
"""How long a compacted topic writes to one segment: the newest is never compacted, and who starts reads all of it."""

log = structlog.stdlib.get_logger("kafka")


def topic_settings(topic: Topic[Event]) -> dict[str, str]:
    """Kafka's settings of `topic`."""
    if topic.retention is None:
        return {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1", "segment.ms": _milliseconds(SEGMENT)}
    return {"cleanup.policy": "delete", "retention.ms": _milliseconds(topic.retention)}


def _milliseconds(length: timedelta) -> str:
    return str(length // timedelta(milliseconds=1))


async def provision(bootstrap: str, *, replication: int) -> None:
    """Create what is missing; what exists is left as it is. Raises KafkaError or OSError."""
    wanted = [NewTopic(t.name, t.partitions, replication, topic_configs=topic_settings(t)) for t in TOPICS]
    wanted += [NewTopic(t.dead_letters, 1, replication, topic_configs={"retention.ms": "-1"}) for t in TOPICS]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        if not missing:
            return
        answer = await admin.create_topics(missing, timeout_ms=10_000)
        for name, code, *_ in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise KafkaError(f"topic {name} could not be created: {error.__name__}")
        log.info("topics created", topics=[topic.name for topic in missing])
    finally:
        await admin.close()


if __name__ == "__main__":
    asyncio.run(
        provision(
            os.environ.get("SEAWALL_KAFKA_BOOTSTRAP", "127.0.0.1:9092"),
            replication=int(os.environ.get("SEAWALL_KAFKA_REPLICATION", "1")),
        )
    )
