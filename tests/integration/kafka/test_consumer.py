"""Consumption through the Bus, against Apache Kafka: batches, commits, retries, dead letters, the limit."""

import uuid
from collections import Counter

import pytest

from chassis.health import Health
from chassis.kafka.consumer import TRIES
from events.cloudevents import Record
from resilience.errors import Failure, Reason
from tests.integration.kafka.rig import (
    Seen,
    committed,
    fresh_topic,
    members,
    produce,
    read_all,
    record,
    running,
    send_raw,
)
from tests.stack.eventually import eventually
from tests.stack.kafka import Kafka

pytestmark = pytest.mark.kafka


def group() -> str:
    return f"test-{uuid.uuid4().hex}"


async def test_every_event_is_handled_and_committed(kafka: Kafka) -> None:
    topic, seen, name = fresh_topic(), Seen(), group()
    await produce(kafka.bootstrap, [record(topic, number) for number in range(1200)])
    async with running(kafka.bootstrap, topic, seen, group=name):
        await eventually(lambda: len(seen.versions) == 1200)
        await eventually(lambda: committed(kafka.bootstrap, topic.name, name))
    assert Counter(seen.versions) == Counter(range(1200))
    assert seen.calls < 100, "events are handled in batches"
    assert await committed(kafka.bootstrap, topic.name, name) == 1200


async def test_a_restarted_consumer_goes_on_after_its_last_commit(kafka: Kafka) -> None:
    topic, name = fresh_topic(), group()
    first, second = Seen(), Seen()
    await produce(kafka.bootstrap, [record(topic, number) for number in range(50)])
    async with running(kafka.bootstrap, topic, first, group=name):
        await eventually(lambda: len(first.versions) == 50)
    await produce(kafka.bootstrap, [record(topic, number) for number in range(50, 60)])
    async with running(kafka.bootstrap, topic, second, group=name):
        await eventually(lambda: len(second.versions) >= 10)
    assert sorted(second.versions) == list(range(50, 60)), "the drained consumer had committed its batch"


async def test_a_batch_waits_for_what_is_away_and_nothing_is_lost(kafka: Kafka) -> None:
    topic, seen, name = fresh_topic(), Seen(), group()
    seen.fail = Failure(Reason.UNAVAILABLE, "away", retryable=True)
    await produce(kafka.bootstrap, [record(topic, number) for number in range(20)])
    async with running(kafka.bootstrap, topic, seen, group=name):
        await eventually(lambda: seen.calls > TRIES + 1)
        assert await committed(kafka.bootstrap, topic.name, name) == 0
        seen.fail = None
        await eventually(lambda: len(seen.versions) == 20)
    assert await read_all(kafka.bootstrap, topic.dead_letters) == []


async def test_a_consumer_that_stops_while_it_waits_commits_nothing(kafka: Kafka) -> None:
    topic, seen, again, name = fresh_topic(), Seen(), Seen(), group()
    seen.fail = Failure(Reason.UNAVAILABLE, "away", retryable=True)
    await produce(kafka.bootstrap, [record(topic, number) for number in range(20)])
    async with running(kafka.bootstrap, topic, seen, group=name, drain_timeout=0.5):
        await eventually(lambda: seen.calls > 0)
    async with running(kafka.bootstrap, topic, again, group=name):
        await eventually(lambda: len(again.versions) >= 20)
    assert sorted(again.versions) == list(range(20))


async def test_an_event_that_cannot_be_processed_goes_to_the_dead_letters_alone(kafka: Kafka) -> None:
    topic, seen, name = fresh_topic(), Seen(), group()
    seen.poison = {77}
    await produce(kafka.bootstrap, [record(topic, number) for number in range(200)])
    async with running(kafka.bootstrap, topic, seen, group=name):
        letters = await eventually(lambda: read_all(kafka.bootstrap, topic.dead_letters), every=0.3)
        await eventually(lambda: len(seen.versions) == 199)
    assert sorted(seen.versions) == [number for number in range(200) if number != 77]
    (letter,) = letters
    headers = {name: value.decode() for name, value in letter.headers}
    assert headers["ce_id"] == "77"
    assert "cannot digest [77]" in headers["seawall_error"]
    assert headers["seawall_topic"] == topic.name
    assert letter.value == record(topic, 77).value
    assert await committed(kafka.bootstrap, topic.name, name) == 200


@pytest.mark.parametrize(
    ("value", "headers", "cause"),
    [
        (b"{}", [], "header 'ce_type' is missing"),
        (b"no json", record(fresh_topic(), 1).headers.items(), "JSON"),
        (None, record(fresh_topic(), 1).headers.items(), "JSON"),
        (b"{}", [("ce_type", b"\xff\xfe"), ("ce_id", None)], "is missing"),
        (b"{}", [("ce_type", b"\xff\xfe"), ("ce_id", None), ("ce_source", b"s"), ("ce_time", b"t")], "does not belong"),
    ],
)
async def test_a_record_that_is_no_event_goes_to_the_dead_letters_with_its_cause(
    kafka: Kafka, value: bytes | None, headers: list[tuple[str, bytes | str | None]], cause: str
) -> None:
    topic, seen = fresh_topic(), Seen()
    as_sent = [(name, given.encode() if isinstance(given, str) else given) for name, given in headers]
    await send_raw(kafka.bootstrap, topic.name, value, as_sent)
    await produce(kafka.bootstrap, [record(topic, number) for number in range(10)])
    async with running(kafka.bootstrap, topic, seen, group=group()):
        await eventually(lambda: len(seen.versions) == 10)
        letters = await eventually(lambda: read_all(kafka.bootstrap, topic.dead_letters), every=0.3)
    assert len(letters) == 1
    assert cause in dict(letters[0].headers)["seawall_error"].decode()
    assert sorted(seen.versions) == list(range(10))


async def test_a_dead_letter_too_large_for_kafka_is_kept_without_its_value(kafka: Kafka) -> None:
    topic, seen = fresh_topic(), Seen()
    # Just below what Kafka takes, so that the headers of the dead letter make it too large.
    await send_raw(kafka.bootstrap, topic.name, b"x" * (1024 * 1024 - 250))
    async with running(kafka.bootstrap, topic, seen, group=group()):
        (letter,) = await eventually(lambda: read_all(kafka.bootstrap, topic.dead_letters), every=0.3)
    headers = dict(letter.headers)
    assert letter.value == b""
    assert headers["seawall_value_bytes"] == str(1024 * 1024 - 250).encode()
    assert headers["seawall_offset"] == b"0"


async def test_past_the_limit_of_bad_records_the_consumer_halts_and_leaves_the_group(kafka: Kafka) -> None:
    topic, seen, name, health = fresh_topic(), Seen(), group(), Health()
    health.started()
    good = record(topic, 1)
    bad = [Record(topic.name, str(number).encode(), b"bad", good.headers) for number in range(130)]
    await produce(kafka.bootstrap, bad)
    async with running(kafka.bootstrap, topic, seen, group=name, health=health):
        await eventually(lambda: not health.ready)
        assert "too many bad records" in health.unmet[f"consumer of {topic.name}"]
        assert len(await read_all(kafka.bootstrap, topic.dead_letters)) == 100
        assert await committed(kafka.bootstrap, topic.name, name) == 100

        async def has_left() -> bool:
            return await members(kafka.bootstrap, name) == 0

        # Sooner than the group would notice by itself, which takes ten seconds.
        await eventually(has_left, 5.0)

        # Another member is given all partitions, and goes on where the first one halted.
        async def all_committed() -> bool:
            return await committed(kafka.bootstrap, topic.name, name) == 130

        async with running(kafka.bootstrap, topic, seen, group=name):
            await eventually(all_committed)
    assert len(await read_all(kafka.bootstrap, topic.dead_letters)) == 130
    assert seen.versions == []


async def test_without_a_group_each_process_sees_every_event_from_the_start(kafka: Kafka) -> None:
    topic, one, other = fresh_topic(), Seen(), Seen()
    await produce(kafka.bootstrap, [record(topic, number) for number in range(30)])
    async with (
        running(kafka.bootstrap, topic, one, group=None),
        running(kafka.bootstrap, topic, other, group=None),
    ):
        await eventually(lambda: len(one.versions) == 30 and len(other.versions) == 30)
        await produce(kafka.bootstrap, [record(topic, 30)])
        await eventually(lambda: one.versions[-1] == 30 and other.versions[-1] == 30)


async def test_two_members_share_the_partitions_and_lose_nothing_when_one_leaves(kafka: Kafka) -> None:
    topic, one, other, name = fresh_topic(), Seen(), Seen(), group()
    await produce(kafka.bootstrap, [record(topic, number) for number in range(100)])
    async with running(kafka.bootstrap, topic, one, group=name):
        await eventually(lambda: len(one.versions) == 100)
        async with running(kafka.bootstrap, topic, other, group=name) as bus:
            sent = 100

            async def both_work() -> bool:
                nonlocal sent
                await bus.publish([record(topic, number) for number in range(sent, sent + 20)])
                sent += 20
                return bool(other.versions) and max(one.versions) > 100

            await eventually(both_work, every=0.2)
        await produce(kafka.bootstrap, [record(topic, number) for number in range(sent, sent + 50)])
        await eventually(lambda: set(one.versions) | set(other.versions) == set(range(sent + 50)))


async def test_a_batch_under_way_when_the_group_rebalances_is_handled_at_least_once(kafka: Kafka) -> None:
    topic, one, other, name = fresh_topic(), Seen(), Seen(), group()
    one.gate.clear()
    await produce(kafka.bootstrap, [record(topic, number) for number in range(100)])
    async with running(kafka.bootstrap, topic, one, group=name):
        await eventually(lambda: one.calls == 1)
        async with running(kafka.bootstrap, topic, other, group=name):
            # The newcomer is given half of the partitions while the first member still holds its batch.
            await eventually(lambda: other.versions)
            one.gate.set()
            await eventually(lambda: len(set(one.versions)) == 100)
            await produce(kafka.bootstrap, [record(topic, number) for number in range(100, 140)])
            await eventually(lambda: set(one.versions) | set(other.versions) == set(range(140)))
