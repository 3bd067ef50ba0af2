"""Topics as they are created on Apache Kafka."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chassis.kafka.provision import provision, topic_settings
from events.base import Event
from events.topics import BREAKERS, CREDENTIALS, TOPICS, Topic
from tests.stack.kafka import Kafka

pytestmark = pytest.mark.kafka


async def settings_of(kafka: Kafka, *topics: str) -> dict[str, dict[str, str]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in topics])
    finally:
        await admin.close()
    return {name: {entry[0]: entry[1] for entry in entries} for _, _, _, name, entries in answer.resources}


async def test_every_topic_and_its_dead_letters_are_created_as_declared(private_kafka: Kafka) -> None:
    await provision(private_kafka.bootstrap, replication=1)
    await provision(private_kafka.bootstrap, replication=1)
    made = await settings_of(private_kafka, *(t.name for t in TOPICS), *(t.dead_letters for t in TOPICS))
    for topic in TOPICS:
        wanted = topic_settings(topic)
        assert {name: made[topic.name][name] for name in wanted} == wanted
        assert made[topic.dead_letters]["retention.ms"] == "-1"


@pytest.mark.parametrize("topic", [BREAKERS, CREDENTIALS], ids=lambda topic: topic.name)
def test_what_a_gateway_begins_with_is_compacted(topic: Topic[Event]) -> None:
    assert topic in TOPICS
    assert topic_settings(topic)["cleanup.policy"] == "compact"
