"""Where records go that a consumer cannot process, and how many of them it accepts before it stops."""

from collections import deque

from aiokafka import ConsumerRecord

from events.cloudevents import Record
from resilience.clock import Clock

ERROR = "seawall_error"


def dead_letter(record: "ConsumerRecord[bytes, bytes]", *, group: str, cause: str) -> Record:
    """`record` as it goes to its topic's dead letters: the same key, value and headers, and where and why it failed."""
    headers = headers_of(record)
    headers |= {
        ERROR: cause,
        "seawall_topic": record.topic,
        "seawall_partition": str(record.partition),
        "seawall_offset": str(record.offset),
        "seawall_group": group,
    }
    return Record(f"{record.topic}.dlq", record.key or b"", record.value or b"", headers)


def without_value(letter: Record) -> Record:
    """`letter` for when Kafka refuses it, as too large: the headers still tell where the record itself is."""
    return Record(letter.topic, letter.key, b"", {**letter.headers, "seawall_value_bytes": str(len(letter.value))})


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
