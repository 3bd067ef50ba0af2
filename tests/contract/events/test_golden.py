"""What was ever published must still be readable: consumers replay the golden events of every version."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from chassis.kafka.asyncapi import CONTRACT_VERSION, document
from events.base import Event, Fact
from events.cloudevents import decode
from events.topics import TOPICS
from resilience.errors import Reason

GOLDEN = Path(__file__).parent / "golden"
EVENTS = sorted(GOLDEN.glob("*/*.json"))


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_event_of_any_version_is_read_with_every_field_it_had(path: Path) -> None:
    record = json.loads(path.read_text())
    (topic,) = [topic for topic in TOPICS if topic.name == record["topic"]]
    received = decode(topic, json.dumps(record["value"]).encode(), record["headers"])
    written = json.loads(msgspec.json.encode(received.data))
    assert contains(written, record["value"]), "a field was renamed, removed or now means something else"


def test_every_event_of_this_version_has_a_golden_one() -> None:
    have = {path.stem for path in EVENTS if path.parent.name == CONTRACT_VERSION}
    assert have == {topic.event.type for topic in TOPICS}


def test_the_golden_events_of_this_version_use_every_field() -> None:
    for topic in TOPICS:
        record = json.loads((GOLDEN / CONTRACT_VERSION / f"{topic.event.type}.json").read_text())
        assert missing_of(topic.event, record["value"]) == set(), topic.name


@pytest.mark.parametrize("kind", [*Fact.__subclasses__(), *Event.__subclasses__()], ids=lambda kind: kind.__name__)
def test_a_field_is_left_out_only_where_it_is_none(kind: type[Fact]) -> None:
    for field in msgspec.structs.fields(kind):
        assert field.default in (None, msgspec.NODEFAULT), f"{field.name} is to be written: it has a value"


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_reason_that_only_a_newer_producer_knows_is_read_as_other(path: Path) -> None:
    record = json.loads(path.read_text())
    (topic,) = [topic for topic in TOPICS if topic.name == record["topic"]]
    newer = with_every("reason", "reason_of_tomorrow", record["value"])
    read = decode(topic, json.dumps(newer).encode(), record["headers"]).data
    assert read == msgspec.convert(with_every("reason", Reason.OTHER, record["value"]), topic.event)


def test_the_document_names_every_topic_and_its_event() -> None:
    channels = json.loads(document())["channels"]
    assert {(channel["address"], name) for name, channel in channels.items()} == {
        (topic.name, topic.event.type) for topic in TOPICS
    }


def missing_of(kind: type[Fact], *values: dict[str, object]) -> set[str]:
    """The fields of `kind`, its parts' included, that none of `values` has."""
    missing = set[str]()
    for field in msgspec.structs.fields(kind):
        found = [value[field.name] for value in values if field.name in value]
        if not found:
            missing.add(f"{kind.__name__}.{field.name}")
        parts = [part for one in found for part in (one if isinstance(one, list) else [one]) if isinstance(part, dict)]
        for inner in (field.type, *get_args(field.type)):
            if isinstance(inner, type) and issubclass(inner, Fact):
                missing |= missing_of(inner, *parts)
    return missing


def with_every(name: str, value: str, within: object) -> object:
    """`within` with `value` wherever it has a field of that name."""
    if isinstance(within, dict):
        return {key: value if key == name else with_every(name, value, one) for key, one in within.items()}
    if isinstance(within, list):
        return [with_every(name, value, one) for one in within]
    return within


def contains(new: object, old: object) -> bool:
    """Whether `new` says everything that `old` said."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and contains(new[key], value) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(contains, new, old))
    return new == old
