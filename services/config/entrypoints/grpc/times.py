"""Moments and spans of time between protobuf and Python, checked on the way in."""

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.config.domain.faults import invalid


def moment(message: Timestamp, *, field: str) -> datetime:
    """The moment in UTC. Raises Failure(INVALID_REQUEST) where it is out of protobuf's or Python's range."""
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise invalid(field, "is not a time") from error


def span(message: Duration, *, field: str) -> timedelta:
    """The span. Raises Failure(INVALID_REQUEST) where it is out of protobuf's or Python's range."""
    try:
        # Serialised without a check, so that a caller can send what no protobuf library would make.
        message.ToJsonString()
        return message.ToTimedelta()
    except (ValueError, OverflowError) as error:
        raise invalid(field, "is not a duration") from error


def timestamp(value: datetime | None) -> Timestamp | None:
    """The message, or None for a field to stay absent."""
    if value is None:
        return None
    message = Timestamp()
    message.FromDatetime(value)
    return message


def duration(value: timedelta | None) -> Duration | None:
    """The message, or None for a field to stay absent."""
    if value is None:
        return None
    message = Duration()
    message.FromTimedelta(value)
    return message
