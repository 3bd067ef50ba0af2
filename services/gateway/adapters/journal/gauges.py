"""What the journal tells of itself: how much waits for Kafka, since when, and what passed through."""

import time
import weakref
from collections.abc import Callable, Iterable
from typing import Protocol

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation


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


_open: weakref.WeakSet[Measured] = weakref.WeakSet()


def observe(journal: Measured) -> None:
    """Report `journal` for as long as it lives."""
    _open.add(journal)


def forget(journal: Measured) -> None:
    """Stop to report it."""
    _open.discard(journal)


def _each(read: Callable[[Measured], float]) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _: [Observation(read(journal)) for journal in list(_open)]


def _age(journal: Measured) -> float:
    return 0.0 if journal.oldest is None else max(0.0, time.time() - journal.oldest)


_meter = metrics.get_meter("seawall.journal")
_meter.create_observable_gauge(
    "seawall.journal.records",
    callbacks=[_each(lambda journal: journal.waiting)],
    unit="{record}",
    description="Finished requests that Kafka does not have yet.",
)
_meter.create_observable_gauge(
    "seawall.journal.size",
    callbacks=[_each(lambda journal: journal.waiting_bytes)],
    unit="By",
    description="Bytes of the records that wait.",
)
_meter.create_observable_gauge(
    "seawall.journal.age",
    callbacks=[_each(_age)],
    unit="s",
    description="Age of the oldest record that waits.",
)
appended = _meter.create_counter(
    "seawall.journal.appended", unit="{record}", description="Records written to the journal."
)
shipped = _meter.create_counter("seawall.journal.shipped", unit="{record}", description="Records that Kafka took.")
