"""Kafka's records as CloudEvents in JSON."""

from datetime import UTC, datetime

from aiokafka import ConsumerRecord

from cli.commands.events import cloud_event
from events.cloudevents import encode
from events.health import TargetVerdictChanged, Verdict
from events.topics import HEALTH


def _record(value: bytes | None, headers: tuple[tuple[str, bytes], ...], key: bytes | None) -> ConsumerRecord:
    return ConsumerRecord(HEALTH.name, 2, 7, 0, 0, key, value, None, -1, -1, headers)


def test_event_has_its_attributes_its_place_and_its_data() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    event = TargetVerdictChanged(
        organization="acme",
        target="alpha/m",
        verdict=Verdict.DOWN,
        previous=Verdict.HEALTHY,
        explanation="It is away.",
        since=now,
        attempts=3,
        failures=3,
    )
    sent = encode(HEALTH, event, event_id="e1", source="/seawall/monitor", time=now, key="acme/alpha/m")

    told = cloud_event(_record(sent.value, tuple((k, v.encode()) for k, v in sent.headers.items()), sent.key))

    assert told["specversion"] == "1.0"
    assert (told["id"], told["source"], told["type"]) == ("e1", "/seawall/monitor", "seawall.target.verdict_changed")
    assert (told["topic"], told["partition"], told["offset"], told["key"]) == (HEALTH.name, 2, 7, "acme/alpha/m")
    assert told["data"]["verdict"] == "down"


def test_what_is_no_event_is_shown_as_it_is() -> None:
    assert cloud_event(_record(b"not json", (), None))["data"] == "not json"
    assert cloud_event(_record(None, (), b"k"))["data"] is None
