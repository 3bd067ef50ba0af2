"""Dead letters put back on their topic, against Apache Kafka."""

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.health import Health
from chassis.kafka.dead_letters import DeadLetter
from chassis.kafka.redrive import DeadLetters
from events.breakers import BreakerChanged
from events.cloudevents import Received
from events.config import ConfigChanged
from events.topics import Topic
from tests.integration.kafka.rig import Seen, fresh_topic, produce, read_all, record, running, send_raw
from tests.stack.eventually import eventually
from tests.stack.kafka import Kafka

pytestmark = pytest.mark.kafka


class Ledger(Seen):
    """A handler as all of ours are: what it did for an event it does once, however often the event comes."""

    def __init__(self) -> None:
        super().__init__()
        self.effects: Counter[str] = Counter()
        self.came: Counter[str] = Counter()

    async def __call__(self, batch: Sequence[Received[ConfigChanged]]) -> None:
        await super().__call__(batch)
        for event in batch:
            self.came[event.id] += 1
            self.effects[event.id] = 1


def group() -> str:
    return f"test-{uuid.uuid4().hex}"


async def waiting(kafka: Kafka, topic: Topic[ConfigChanged], *, from_start: bool = False) -> list[DeadLetter]:
    async with DeadLetters(kafka.bootstrap, topic) as dead:
        return [letter async for letter in dead.letters(from_start=from_start)]


async def redrive(kafka: Kafka, topic: Topic[ConfigChanged], limit: int | None = None) -> list[tuple[str, bool]]:
    async with DeadLetters(kafka.bootstrap, topic) as dead:
        return [(letter.record.headers["ce_id"], had) async for letter, had in dead.redrive(limit=limit)]


async def test_what_halted_a_consumer_is_processed_once_in_effect_after_the_fix(kafka: Kafka) -> None:
    topic, name, health = fresh_topic(), group(), Health()
    health.started()
    broken, fixed, beside = Ledger(), Ledger(), Ledger()
    # A version that takes the topic for another one: nothing in it is an event to it.
    mistaken: Any = Topic(topic.name, BreakerChanged, key="anything", description="The same topic.")
    await produce(kafka.bootstrap, [record(topic, number) for number in range(130)])
    async with running(kafka.bootstrap, topic, beside, group=group()):
        await eventually(lambda: len(beside.came) == 130)
        async with running(kafka.bootstrap, mistaken, broken, group=name, health=health):
            await eventually(lambda: not health.ready)
        letters = await waiting(kafka, topic)
        assert len(letters) == 100
        assert {letter.group for letter in letters} == {name}
        assert all("does not belong" in letter.cause for letter in letters)

        async with running(kafka.bootstrap, topic, fixed, group=name):
            await eventually(lambda: len(fixed.came) == 30)
            assert len(await redrive(kafka, topic)) == 100
            await eventually(lambda: len(fixed.came) == 130)
        await eventually(lambda: beside.came.total() == 230)
    assert broken.calls == 0
    assert fixed.effects == beside.effects == Counter({str(number): 1 for number in range(130)})
    assert await redrive(kafka, topic) == [], "what was put back is not put back again"


async def test_a_record_goes_back_as_it_was(kafka: Kafka) -> None:
    topic, seen = fresh_topic(), Seen()
    seen.poison = {7}
    sent = record(topic, 7)
    await produce(kafka.bootstrap, [sent])
    async with running(kafka.bootstrap, topic, seen, group=group()):
        (letter,) = await eventually(lambda: waiting(kafka, topic), every=0.3)
    assert letter.record == sent
    assert letter.origin[1] == 0
    assert await redrive(kafka, topic) == [("7", True)]
    first, again = await read_all(kafka.bootstrap, topic.name)
    assert (again.key, again.value, again.headers) == (first.key, first.value, first.headers)


async def test_a_limit_leaves_the_rest_waiting_and_the_oldest_go_first(kafka: Kafka) -> None:
    topic, seen = fresh_topic(), Seen()
    await make_dead_letters_as_provisioned(kafka, topic)
    seen.poison = set(range(5))
    async with running(kafka.bootstrap, topic, seen, group=group()):
        for number in range(5):
            await produce(kafka.bootstrap, [record(topic, number)])
            await eventually(lambda: letters_are(kafka, topic, number + 1), every=0.2)  # noqa: B023
    assert await redrive(kafka, topic, 2) == [("0", True), ("1", True)]
    assert [letter.record.headers["ce_id"] for letter in await waiting(kafka, topic)] == ["2", "3", "4"]
    assert len(await waiting(kafka, topic, from_start=True)) == 5
    assert await redrive(kafka, topic, 2) == [("2", True), ("3", True)]
    assert await redrive(kafka, topic, 0) == []
    assert await redrive(kafka, topic) == [("4", True)]


async def make_dead_letters_as_provisioned(kafka: Kafka, topic: Topic[ConfigChanged]) -> None:
    """With one partition, so that letters have one order."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic.dead_letters, 1, 1)])
    finally:
        await admin.close()


async def letters_are(kafka: Kafka, topic: Topic[ConfigChanged], count: int) -> bool:
    return len(await waiting(kafka, topic)) == count


async def test_a_record_too_large_for_a_letter_is_fetched_from_its_topic(kafka: Kafka) -> None:
    topic, seen = fresh_topic(), Seen()
    value = b"x" * (1024 * 1024 - 250)
    await send_raw(kafka.bootstrap, topic.name, value, [("ce_id", b"large")])
    async with running(kafka.bootstrap, topic, seen, group=group()):
        (letter,) = await eventually(lambda: waiting(kafka, topic), every=0.3)
    assert (letter.left_out, letter.record.value) == (True, b"")
    assert await redrive(kafka, topic) == [("large", True)]
    _, again = await read_all(kafka.bootstrap, topic.name)
    assert again.value == value


async def test_without_dead_letters_nothing_waits(kafka: Kafka) -> None:
    assert await waiting(kafka, fresh_topic()) == []
