"""Every change arrives on seawall.config.v1: in order, under its resource's name, whoever was away."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from opentelemetry import trace

from chassis.principal import Principal, Role
from events.cloudevents import Received, decode
from events.config import Action, ConfigChanged
from events.topics import CONFIG
from seawall.config.v1 import config_pb2 as api
from tests.integration.config.process import process
from tests.integration.config.running import MANIFEST, NAMES, OWN, running
from tests.stack.eventually import eventually
from tests.stack.kafka import Kafka

pytestmark = pytest.mark.kafka

SPAN = trace.SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED))
"""What one of the calls is part of."""

Heard = tuple[str, Received[ConfigChanged]]


class Listener:
    """Reads the whole topic, and keeps each key with its event where it is one organization's."""

    def __init__(self, consumer: AIOKafkaConsumer, organization: str) -> None:
        self._consumer = consumer
        self._organization = organization
        self.heard: list[Heard] = []

    async def hear(self, count: int) -> list[Heard]:
        """At least the first `count` events, in the order of each key."""

        async def enough() -> bool:
            await self._poll()
            return len(self.heard) >= count

        await eventually(enough)
        return self.heard

    async def _poll(self) -> None:
        for records in (await self._consumer.getmany(timeout_ms=200)).values():
            for record in records:
                event = decode(CONFIG, record.value, {name: value.decode() for name, value in record.headers})
                if event.data.organization == self._organization:
                    self.heard.append((record.key.decode(), event))


@asynccontextmanager
async def listening(kafka: Kafka, organization: str) -> AsyncIterator[Listener]:
    """A listener to the topic, which the service has made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:

        async def is_there() -> bool:
            # To ask for the topic itself would make it, with other partitions than the service does.
            return CONFIG.name in await admin.list_topics()

        await eventually(is_there)
    finally:
        await admin.close()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(CONFIG.name, number) for number in range(CONFIG.partitions)])
        yield Listener(consumer, organization)
    finally:
        await consumer.stop()


async def test_every_change_is_told_in_order_under_its_name(kafka: Kafka, url: str) -> None:
    organization = f"org-{uuid.uuid4().hex}"
    owner = Principal(organization, "shop", "owner", Role.OWNER)
    name = f"organizations/{organization}/projects/web"
    async with running(url, kafka_bootstrap=kafka.bootstrap) as config, listening(kafka, organization) as listener:
        first = (await config.apply(MANIFEST.replace("acme", organization), key=owner)).version
        create = api.CreateProjectRequest(parent="organizations/-", project_id="web")
        project = (await config.call("CreateProject", create, key=owner)).project
        for limit in (1, 2, 3):
            project.limits.requests_per_minute = limit
            await config.call("UpdateProject", api.UpdateProjectRequest(project=project), key=owner)
        key = f"organizations/{organization}/projects/shop/keys/ci"
        await config.call("RevokeKey", api.RevokeKeyRequest(name=key), key=owner)
        with trace.use_span(trace.NonRecordingSpan(SPAN)):
            await config.call("DeleteProject", api.DeleteProjectRequest(name=name), key=owner)

        heard = await listener.hear(len(NAMES) + 6)
    assert all(key == event.data.resource for key, event in heard)
    assert len({event.id for _, event in heard}) == len(heard) == len(NAMES) + 6
    assert {event.id for _, event in heard if event.data.version == first} == {
        f"{first}-{number}" for number in range(1, len(NAMES) + 1)
    }
    told = [(event.data.action, event.data.version) for resource, event in heard if resource == name]
    assert told == [
        (Action.CREATE, first + 1),
        (Action.UPDATE, first + 2),
        (Action.UPDATE, first + 3),
        (Action.UPDATE, first + 4),
        (Action.DELETE, first + 6),
    ]
    revoked = [event.data for resource, event in heard if resource == key]
    assert [one.action for one in revoked] == [Action.CREATE, Action.REVOKE]
    assert {event.data.actor for _, event in heard} == {owner.name}
    (traceparent,) = {event.traceparent for _, event in heard if event.traceparent}
    assert traceparent.startswith(f"00-{SPAN.trace_id:032x}-")


async def test_changes_are_told_after_kafka_was_away_and_config_was_killed(
    private_kafka: Kafka, tmp_path: Path
) -> None:
    await private_kafka.stop()
    async with process(tmp_path, kafka_bootstrap=private_kafka.bootstrap) as config:
        await config.serves()
        await config.call("ApplyManifest", api.ApplyManifestRequest(parent=OWN, manifest=MANIFEST))
        for number in range(20):
            request = api.CreateProjectRequest(parent=OWN, project_id=f"p{number}")
            await config.call("CreateProject", request)
        await config.process.kill()

        await private_kafka.start()
        await config.process.start()
        async with listening(private_kafka, "acme") as listener:
            heard = await listener.hear(len(NAMES) + 20)
        versions = [event.data.version for resource, event in heard if "/projects/p" in resource]
        assert sorted(versions) == list(range(min(versions), min(versions) + 20))
        assert sorted(resource for resource, _ in heard if "/projects/p" not in resource) == NAMES
