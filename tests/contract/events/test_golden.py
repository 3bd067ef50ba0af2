"""What was ever published must still be readable: consumers replay the golden events of every version."""

import json
from pathlib import Path

import pytest

from chassis.kafka.asyncapi import CONTRACT_VERSION, document
from events.cloudevents import decode
from events.topics import TOPICS

GOLDEN = Path(__file__).parent / "golden"
EVENTS = sorted(GOLDEN.glob("*/*.json"))


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_event_of_any_version_is_read_with_every_field_it_had(path: Path) -> None:
    record = json.loads(path.read_text())
    (topic,) = [topic for topic in TOPICS if topic.name == record["topic"]]
    received = decode(topic, json.dumps(record["value"]).encode(), record["headers"])
    written = json.loads(received.data.model_dump_json(exclude_none=True))
    assert contains(written, record["value"]), "a field was renamed, removed or now means something else"


def test_every_event_of_this_version_has_a_golden_one() -> None:
    have = {path.stem for path in EVENTS if path.parent.name == CONTRACT_VERSION}
    assert have == {topic.event.type for topic in TOPICS}


def test_the_document_names_every_topic_and_its_event() -> None:
    channels = json.loads(document())["channels"]
    assert {(channel["address"], name) for name, channel in channels.items()} == {
        (topic.name, topic.event.type) for topic in TOPICS
    }


def contains(new: object, old: object) -> bool:
    """Whether `new` says everything that `old` said."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and contains(new[key], value) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(contains, new, old))
    return new == old
