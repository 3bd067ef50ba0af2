"""Metrics of which a record costs well below a microsecond: they count by themselves, and OpenTelemetry reads them."""

import time
import weakref
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

LIMIT = 2_000
"""Sets of label values that a metric keeps apart, as many as OpenTelemetry's SDK does."""
OVERFLOW: Mapping[str, bool] = {"otel.metric.overflow": True}
"""What is counted together beyond that has this for its labels."""

Labels = Mapping[str, str | bool]


class Count:
    """What happened so often, of one set of labels. Added to by one thread; any may read."""

    __slots__ = ("labels", "value")

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.value: int | float = 0

    def add(self, amount: float = 1) -> None:
        """Count `amount` more; it is not negative."""
        self.value += amount


class Distribution:
    """How large values were, of one set of labels. Recorded by one thread; any may read.

    `bounds`: the buckets' upper ones, inclusive and ascending; one more bucket has what is beyond them.
    """

    __slots__ = ("_bounds", "began", "buckets", "greatest", "labels", "least", "total")

    def __init__(self, labels: Labels, bounds: Sequence[float]) -> None:
        self.labels = labels
        self.began = time.time_ns()
        """Nanoseconds since 1970."""
        self.buckets = [0] * (len(bounds) + 1)
        """How many values each bucket has, without those of the buckets below it."""
        self.total = 0.0
        """The values' sum."""
        self.least = float("inf")
        self.greatest = float("-inf")
        self._bounds = bounds

    def record(self, value: float) -> None:
        """Take in one value."""
        self.buckets[bisect_left(self._bounds, value)] += 1
        self.total += value
        if not self.least <= value <= self.greatest:
            self.least, self.greatest = min(self.least, value), max(self.greatest, value)


Child = TypeVar("Child")


class Family(Generic[Child]):
    """A metric's children: one for each set of label values, made when it is first asked for."""

    def __init__(self, labels: Sequence[str], make: Callable[[Labels], Child]) -> None:
        self.labels = tuple(labels)
        self._make = make
        self._bound: dict[tuple[str | None, ...], Child] = {}
        self._overflow: Child | None = None

    def of(self, *values: str | None) -> Child:
        """The child of these values, in the labels' order; a label whose value is None is left out.

        Beyond LIMIT children, one that stands for all others. Raises ValueError where there are not as many values as
        labels.
        """
        return self._bound.get(values) or self._bind(values)

    @property
    def children(self) -> list[Child]:
        """All there are by now."""
        # Copied in one step: a reader's thread looks while the event loop's binds further ones.
        bound = list(self._bound.values())
        return bound if self._overflow is None else [*bound, self._overflow]

    def _bind(self, values: tuple[str | None, ...]) -> Child:
        labels = {name: str(value) for name, value in zip(self.labels, values, strict=True) if value is not None}
        if len(self._bound) >= LIMIT:
            if self._overflow is None:
                self._overflow = self._make(OVERFLOW)
            return self._overflow
        child = self._bound[values] = self._make(labels)
        return child


class Histogram(Family[Distribution]):
    """Distributions over the same `bounds`."""

    def __init__(self, labels: Sequence[str], bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        super().__init__(labels, lambda of: Distribution(of, self.bounds))


Watchable = TypeVar("Watchable")


class Watched(Generic[Watchable]):
    """Objects of one kind that keep a number anyway: it is read when metrics are, for as long as they live."""

    def __init__(self) -> None:
        self._objects: weakref.WeakSet[Watchable] = weakref.WeakSet()

    def watch(self, watched: Watchable) -> None:
        """Begin to read `watched`; a second call changes nothing."""
        self._objects.add(watched)

    def forget(self, watched: Watchable) -> None:
        """Stop reading it."""
        self._objects.discard(watched)

    def each(self, read: Callable[[Watchable], float]) -> Callable[[], Iterable[float]]:
        """What reads the number of each one."""
        return lambda: [read(watched) for watched in list(self._objects)]


_histograms: dict[tuple[str, str], Histogram] = {}


def histogram_of(scope: str, name: str) -> Histogram | None:
    """The histogram that was declared with this name, if it is one of ours."""
    return _histograms.get((scope, name))


class Meter:
    """Declares the metrics of one instrumentation scope, for the readers of `provider`, or of the global one.

    OpenTelemetry has no instrument that tells a distribution when it is asked. A histogram stands there as a counter
    of its values, for which a WholeHistograms reader puts in the distribution itself.
    """

    def __init__(self, scope: str, provider: MeterProvider | None = None) -> None:
        self._scope = scope
        self._meter = metrics.get_meter(scope, meter_provider=provider)

    def counter(self, name: str, *, labels: Sequence[str] = (), unit: str = "", description: str) -> Family[Count]:
        """A number that only grows."""
        family = Family(labels, Count)

        def read(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(child.value, child.labels) for child in family.children]

        self._meter.create_observable_counter(name, [read], unit, description)
        return family

    def histogram(
        self, name: str, *, labels: Sequence[str] = (), unit: str, description: str, bounds: Sequence[float]
    ) -> Histogram:
        """How values are distributed over buckets with these upper bounds."""
        histogram = _histograms[self._scope, name] = Histogram(labels, bounds)

        def read(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(sum(child.buckets), child.labels) for child in histogram.children]

        self._meter.create_observable_counter(name, [read], unit, description)
        return histogram

    def gauge(self, name: str, read: Callable[[], Iterable[float]], *, unit: str = "", description: str) -> None:
        """What is so at the moment; where several are read, the last one's."""
        self._meter.create_observable_gauge(name, [_observing(read)], unit, description)

    def up_down_counter(
        self, name: str, read: Callable[[], Iterable[float]], *, unit: str = "", description: str
    ) -> None:
        """How many there are at the moment; where several are read, all together."""
        self._meter.create_observable_up_down_counter(name, [_observing(read)], unit, description)


def _observing(read: Callable[[], Iterable[float]]) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _: [Observation(number) for number in read()]
