"""What the journal tells of itself: how much waits for Kafka, since when, and what passed through."""

import time
from typing import Protocol

from chassis.metrics import Meter, Watched


class Measured(Protocol):
    """What the gauges read."""

    @property
    def waiting(self) -> int:
        """Records that are not shipped."""
        ...

    @property
    def waiting_bytes(self) -> int:
        """What they take."""
        ...

    @property
    def oldest(self) -> float | None:
        """When the first of them was appended, in seconds since 1970."""
        ...


_open = Watched[Measured]()
observe = _open.watch
"""Report a journal for as long as it lives."""
forget = _open.forget
"""Stop to report it."""


def _age(journal: Measured) -> float:
    return 0.0 if journal.oldest is None else max(0.0, time.time() - journal.oldest)


_meter = Meter("seawall.journal")
_meter.gauge(
    "seawall.journal.records",
    _open.each(lambda journal: journal.waiting),
    unit="{record}",
    description="Finished requests that Kafka does not have yet.",
)
_meter.gauge(
    "seawall.journal.size",
    _open.each(lambda journal: journal.waiting_bytes),
    unit="By",
    description="Bytes of the records that wait.",
)
_meter.gauge(
    "seawall.journal.age",
    _open.each(_age),
    unit="s",
    description="Age of the oldest record that waits.",
)
appended = _meter.counter(
    "seawall.journal.appended", unit="{record}", description="Records written to the journal."
).of()
shipped = _meter.counter("seawall.journal.shipped", unit="{record}", description="Records that Kafka took.").of()
