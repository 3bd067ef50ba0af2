"""Refused credentials, told over a real Kafka that is away at first."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from events.cloudevents import decode
from events.credentials import CredentialChanged, CredentialState
from events.topics import CREDENTIALS
from simulator import Access, Vendor
from tests.integration.providers.service import Configuration, provider, running, serving
from tests.stack.eventually import eventually
from tests.stack.kafka import Kafka


@pytest.mark.kafka
async def test_a_refusal_is_told_once_kafka_is_there_and_no_call_waits_for_it(
    private_kafka: Kafka, alpha: Vendor, tmp_path: Path
) -> None:
    await private_kafka.stop()
    alpha.access = Access(keys=frozenset({"sk-alpha-0002"}))
    configuration = Configuration(provider("alpha", alpha.base_url, "env:ALPHA_KEY", "env:ALPHA_KEY_2"))
    async with (
        serving(configuration) as address,
        running(address, tmp_path, kafka_bootstrap=private_kafka.bootstrap) as client,
    ):
        for _ in range(10):
            assert (await client.call()).answer.body
        await private_kafka.start()
        told = await changes(private_kafka, 2)
    assert {(one.credential, one.state) for one in told} == {
        ("env:ALPHA_KEY", CredentialState.RESTING),
        ("env:ALPHA_KEY_2", CredentialState.IN_USE),
    }


async def changes(kafka: Kafka, number: int) -> list[CredentialChanged]:
    """The first events of the topic, `number` at least."""
    found: list[CredentialChanged] = []
    consumer = AIOKafkaConsumer(
        CREDENTIALS.name, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest", metadata_max_age_ms=500
    )
    await consumer.start()
    try:

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    found.append(decode(CREDENTIALS, record.value, headers).data)
            return len(found) >= number

        await eventually(enough)
    finally:
        await consumer.stop()
    return found
