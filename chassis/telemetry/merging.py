"""Several processes' metrics on one page: what is counted is added up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

_INFO = "_info"
_GREATEST = ("_seconds", "_max_fds")
"""How gauges end of which the greatest tells: how late, how old, since when, how much is allowed."""


def merge_pages(pages: Sequence[bytes]) -> bytes:
    """One page out of those that processes of one service show, all in Prometheus' text format.

    Counters, histograms and gauges of how much there is are added up; of times (`_seconds`) and limits the greatest
    stays; of what a process tells of itself (`_info`) that in which all agree. A label that is empty is one that is
    not there, as Prometheus has it. Raises ValueError where a page is malformed.
    """
    families: dict[str, _Family] = {}
    for page in pages:
        for metric in text_string_to_metric_families(page.decode()):
            families.setdefault(metric.name, _Family(metric)).add(metric.samples)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Merged(list(families.values())))
    return generate_latest(registry)


@dataclass
class _Family:
    metric: Metric
    samples: dict[tuple[str, frozenset[tuple[str, str]]], list[Sample]] = field(default_factory=dict)

    def add(self, samples: Iterable[Sample]) -> None:
        for sample in samples:
            known = frozenset() if self._told else frozenset((k, v) for k, v in sample.labels.items() if v)
            self.samples.setdefault((sample.name, known), []).append(sample)

    def merged(self) -> Metric:
        metric = Metric(self.metric.name, self.metric.documentation, self.metric.type)
        metric.samples = [
            Sample(same[0].name, self._labels(same), self._value([sample.value for sample in same]))
            for same in self.samples.values()
        ]
        return metric

    @property
    def _told(self) -> bool:
        return self.metric.name.endswith(_INFO)

    def _labels(self, same: Sequence[Sample]) -> dict[str, str]:
        if self._told:
            shared = set(same[0].labels.items()).intersection(*(sample.labels.items() for sample in same))
            return dict(shared)
        # One process may have seen a label that another has not: all series of a name have the same labels.
        of_a_name = [series[0].labels for (name, _), series in self.samples.items() if name == same[0].name]
        return {label: same[0].labels.get(label, "") for labels in of_a_name for label in labels}

    def _value(self, values: Sequence[float]) -> float:
        greatest = self._told or (self.metric.type == "gauge" and self.metric.name.endswith(_GREATEST))
        return max(values) if greatest else sum(values)


class _Merged(Collector):
    def __init__(self, families: Sequence[_Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return (family.merged() for family in self._families)
