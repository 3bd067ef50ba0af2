"""The Bus when Kafka is away: at the start, in the middle, for good."""

import asyncio
import uuid

import pytest

from resilience.errors import Failure
from tests.integration.kafka.rig import Seen, fresh_topic, produce, record, running
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.kafka import Kafka
from tests.stack.ports import free_port

pytestmark = pytest.mark.kafka


async def test_a_bus_starts_and_stops_without_kafka() -> None:
    async with (
        asyncio.timeout(PATIENCE),
        running(f"127.0.0.1:{free_port()}", fresh_topic(), Seen(), group="test") as bus,
    ):
        with pytest.raises(Failure) as failure:
            await bus.publish([record(fresh_topic(), 1)])
        assert failure.value.retryable


async def test_a_bus_outlives_kafka_and_works_again_when_it_returns(private_kafka: Kafka) -> None:
    topic, seen = fresh_topic(), Seen()
    everything, own = Seen(), fresh_topic()
    await private_kafka.stop()
    async with (
        running(private_kafka.bootstrap, topic, seen, group=f"test-{uuid.uuid4().hex}") as bus,
        running(private_kafka.bootstrap, own, everything, group=None),
    ):
        sent = 0

        async def publish() -> bool:
            nonlocal sent
            try:
                await bus.publish([record(topic, sent), record(own, sent)])
            except Failure:
                return False
            sent += 1
            return True

        assert not await publish()
        for crash in (False, True):
            await private_kafka.start()
            await eventually(publish, every=0.3)
            expected = set(range(sent))
            await eventually(lambda: expected <= set(seen.versions))  # noqa: B023 - used before the next turn
            await eventually(lambda: expected <= set(everything.versions))  # noqa: B023
            await (private_kafka.kill() if crash else private_kafka.stop())
            assert not await publish()
        await private_kafka.start()
        await produce(private_kafka.bootstrap, [record(topic, 1000)])
        await eventually(lambda: 1000 in seen.versions)
