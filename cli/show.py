"""Messages of the API as people and as programs read them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

NONE = "-"

_INT64 = {
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT64,
    FieldDescriptor.TYPE_SINT64,
    FieldDescriptor.TYPE_FIXED64,
    FieldDescriptor.TYPE_SFIXED64,
}


def as_dict(message: Message) -> dict[str, Any]:
    """`message` by protobuf's JSON mapping, but with the proto's field names, and 64-bit integers as numbers."""
    told: dict[str, Any] = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return _numbers(told, message.DESCRIPTOR.fields)


def id_of(name: str) -> str:
    """The last part of a resource name."""
    return name.rpartition("/")[2]


def enum_of(name: str, prefix: str) -> str:
    """`VERDICT_DOWN` with the prefix `VERDICT` as `down`."""
    return name.removeprefix(f"{prefix}_").lower()


def time_of(holder: Message, field: str) -> str:
    """A time in the reader's zone, to the second."""
    if not holder.HasField(field):
        return NONE
    stamp: Timestamp = getattr(holder, field)
    return stamp.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def milliseconds_of(holder: Message, field: str) -> str:
    """A duration in milliseconds."""
    if not holder.HasField(field):
        return NONE
    duration: Duration = getattr(holder, field)
    return f"{duration.ToMicroseconds() / 1000:.0f} ms"


def dollars(amount: str) -> str:
    """An amount of US dollars."""
    return f"${amount}" if amount else NONE


def timestamp(moment: datetime) -> Timestamp:
    """`moment`, which has a zone."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _numbers(told: dict[str, Any], fields: Iterable[Any]) -> dict[str, Any]:
    for field in fields:
        if field.name in told:
            told[field.name] = _number(told[field.name], field)
    return told


def _number(value: Any, field: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name["value"]
        return {key: _number(item, entry) for key, item in value.items()}
    if isinstance(value, list):
        return [_number(item, field) for item in value]
    if field.type in _INT64:
        return int(value)
    if isinstance(value, dict) and field.message_type is not None:
        return _numbers(value, field.message_type.fields)
    return value
