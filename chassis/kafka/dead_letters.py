"""Where records go that a consumer cannot process, and how many of them it accepts before it stops."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import ConsumerRecord

from events.cloudevents import Record
from resilience.clock import Clock

ERROR = "seawall_error"
TOPIC = "seawall_topic"
PARTITION = "seawall_partition"
OFFSET = "seawall_offset"
GROUP = "seawall_group"
VALUE_BYTES = "seawall_value_bytes"
_ADDED = frozenset({ERROR, TOPIC, PARTITION, OFFSET, GROUP, VALUE_BYTES})


@dataclass(frozen=True)
class DeadLetter:
    """A record among the dead letters of its topic, and how it got there."""

    partition: int
    """Of the dead letters."""
    offset: int
    time: datetime
    """When it was put there."""
    record: Record
    """As it was on its topic; the value is empty where `left_out`."""
    cause: str
    origin: tuple[int, int]
    """Partition and offset on its topic; -1 where they were not told."""
    group: str
    """Which consumers could not process it; empty where they have no group."""
    left_out: bool
    """The letter was too large with its value: only the topic still has that."""


def dead_letter(record: "ConsumerRecord[bytes, bytes]", *, group: str, cause: str) -> Record:
    """`record` as it goes to its topic's dead letters: the same key, value and headers, and where and why it failed."""
    headers = headers_of(record)
    headers |= {
        ERROR: cause,
        TOPIC: record.topic,
        PARTITION: str(record.partition),
        OFFSET: str(record.offset),
        GROUP: group,
    }
    return Record(f"{record.topic}.dlq", record.key or b"", record.value or b"", headers)


def without_value(letter: Record) -> Record:
    """`letter` for when Kafka refuses it, as too large: the headers still tell where the record itself is."""
    return Record(letter.topic, letter.key, b"", {**letter.headers, VALUE_BYTES: str(len(letter.value))})


def read_letter(record: "ConsumerRecord[bytes, bytes]") -> DeadLetter:
    """What `dead_letter` made, read back."""
    headers = headers_of(record)
    return DeadLetter(
        partition=record.partition,
        offset=record.offset,
        time=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        record=Record(
            record.topic.removesuffix(".dlq"),
            record.key or b"",
            record.value or b"",
            {name: value for name, value in headers.items() if name not in _ADDED},
        ),
        cause=headers.get(ERROR, ""),
        origin=(_number(headers, PARTITION), _number(headers, OFFSET)),
        group=headers.get(GROUP, ""),
        left_out=VALUE_BYTES in headers,
    )


def _number(headers: Mapping[str, str], name: str) -> int:
    told = headers.get(name, "")
    return int(told) if told.isdecimal() else -1


def headers_of(record: "ConsumerRecord[bytes, bytes]") -> dict[str, str]:
    """A record's headers as text; what is not UTF-8 is marked, not refused."""
    return {name: (value or b"").decode(errors="replace") for name, value in record.headers}


class DeadLetterLimit:
    """Says when too many records were bad: then it is the consumer or its producer that is wrong, not the records."""

    def __init__(self, clock: Clock, *, most: int = 100, within: float = 600.0) -> None:
        self._clock = clock
        self._within = within
        self._times: deque[float] = deque(maxlen=most)

    def exceeded(self, count: int = 1) -> bool:
        """Count `count` more; True where more than the limit came within the time."""
        now = self._clock.monotonic()
        for _ in range(count):
            if len(self._times) == self._times.maxlen and now - self._times[0] < self._within:
                return True
            self._times.append(now)
        return False
