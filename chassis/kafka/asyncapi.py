"""The AsyncAPI document of the topics, made from events/: `python -m chassis.kafka.asyncapi [--check]`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

from events.base import Event, Fact
from events.topics import TOPICS

DOCUMENT = Path(__file__).parents[2] / "events" / "asyncapi.json"

CONTRACT_VERSION = "1.1.0"
"""Of the events, not of the software: additions raise the minor number; nothing else is allowed."""


def document() -> str:
    """The document as JSON text."""
    broker = KafkaBroker(description="Seawall's events, CloudEvents 1.0 in Kafka's binary content mode.")
    for topic in TOPICS:
        broker.publisher(
            topic.name,
            title=topic.event.type,
            description=f"{topic.description} Key: {topic.key}.",
        )
    specification = AsyncAPI(broker, title="Seawall events", version=CONTRACT_VERSION, schema_version="3.0.0")
    written = json.loads(specification.to_specification().to_json())
    components = written["components"]
    payloads, components["schemas"] = _schemas()
    for topic in TOPICS:
        components["messages"][f"{topic.event.type}:Message"]["payload"] = payloads[topic.event]
    # FastStream keeps channels in a set: sorted, the document is the same each time.
    return json.dumps(written, indent=2, sort_keys=True) + "\n"


def _schemas() -> tuple[dict[type[Event], dict[str, Any]], dict[str, Any]]:
    """A reference to each event's schema, and all schemas by name, with the defaults of fields that are `written`."""
    kinds = [topic.event for topic in TOPICS]
    references, schemas = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    for kind in (*Fact.__subclasses__(), *Event.__subclasses__()):
        for field in msgspec.structs.fields(kind) if kind.__name__ in schemas else ():
            if field.default_factory is not msgspec.NODEFAULT:
                default = msgspec.to_builtins(field.default_factory())
                schemas[kind.__name__]["properties"][field.name]["default"] = default
    return dict(zip(kinds, references, strict=True)), schemas


def main() -> int:
    """Write the document, or with `--check` tell whether the committed one is it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where the committed document is not up to date")
    if not parser.parse_args().check:
        DOCUMENT.write_text(document())
        return 0
    if DOCUMENT.read_text() == document():
        return 0
    print("events/asyncapi.json is not up to date: run `python -m chassis.kafka.asyncapi`", file=sys.stderr)  # noqa: T201 - a program
    return 1


if __name__ == "__main__":
    sys.exit(main())
