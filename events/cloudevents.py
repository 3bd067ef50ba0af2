"""Events on the wire: CloudEvents 1.0 in Kafka's binary content mode, the data as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from events.base import Event, read
from events.topics import Topic

E = TypeVar("E", bound=Event)

_CONTENT_TYPE = "application/json"

_encoder = msgspec.json.Encoder()


@cache
def _decoder(kind: type[Event]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


class Record(msgspec.Struct, frozen=True):
    """An event as Kafka takes it. Encoded once; journal, outbox and producer pass it on as it is."""

    topic: str
    key: bytes
    value: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Received(Generic[E]):
    """An event as a consumer sees it; (`source`, `id`) names it, however often it arrives."""

    id: str
    source: str
    time: datetime
    traceparent: str | None
    data: E


class UndecodableError(ValueError):
    """A record is not an event of its topic; the message says why. It will never be: do not try again."""


def encode(
    topic: Topic[E],
    event: E,
    *,
    event_id: str,
    source: str,
    time: datetime,
    key: str,
    traceparent: str | None = None,
) -> Record:
    """Give `event` its wire form. `source` is a URI reference such as `/seawall/gateway`."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": source,
        "ce_type": event.type,
        "ce_time": time.isoformat(),
        "content-type": _CONTENT_TYPE,
    }
    if traceparent:
        headers["traceparent"] = traceparent
    return Record(topic.name, key.encode(), _encoder.encode(event), headers)


def decode(topic: Topic[E], value: bytes | None, headers: Mapping[str, str]) -> Received[E]:
    """Read a record of `topic`. Raises UndecodableError."""
    try:
        kind, event_id, source, time = (headers[f"ce_{name}"] for name in ("type", "id", "source", "time"))
    except KeyError as missing:
        raise UndecodableError(f"header {missing} is missing") from missing
    if kind != topic.event.type:
        raise UndecodableError(f"an event of type {kind!r} does not belong to {topic.name}")
    try:
        moment = datetime.fromisoformat(time)
    except ValueError as error:
        raise UndecodableError(f"ce_time {time!r} is not a time") from error
    return Received(event_id, source, moment, headers.get("traceparent"), _data(topic, value or b""))


def _data(topic: Topic[E], value: bytes) -> E:
    try:
        try:
            event: E = _decoder(topic.event).decode(value)
        except msgspec.ValidationError:
            # No event, or one with a reason that is newer than this version.
            event = read(topic.event, msgspec.json.decode(value))
    except msgspec.ValidationError as error:
        raise UndecodableError(f"value: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UndecodableError(f"value cannot be read as JSON: {error}") from error
    return event
