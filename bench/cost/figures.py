"""What rounds say: medians with what they lie between, and what one party takes beside another."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from bench.client import Run

SIGNIFICANT = 4


@dataclass(frozen=True)
class Spread:
    """Of one figure over the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Of at least one value; four digits of each are kept."""
        known = [float(f"{value:.{SIGNIFICANT}g}") for value in values]
        return cls(float(f"{statistics.median(known):.{SIGNIFICANT}g}"), min(known), max(known))


Value = Spread | float | str
Figures = dict[str, Value]
"""Name → figure of one phase; a text says why there is none."""


@dataclass(frozen=True)
class Cost:
    """What a run took of one party."""

    run: Run
    cpu: Mapping[str, float]
    """Part → CPU seconds, over all its processes."""

    def cpu_ms(self, part: str | None = None) -> float:
        """CPU milliseconds for each request, of one part or of all."""
        seconds = sum(self.cpu.values()) if part is None else self.cpu[part]
        return seconds * 1000 / max(1, self.run.asked)


def why_failed(runs: Iterable[Run]) -> Figures:
    """How many requests failed, and, where some did, how one of them did."""
    failures = [failure for run in runs for failure in run.failures]
    return {"failed": len(failures), **({"a failure": failures[0]} if failures else {})}


def of_cost(costs: Sequence[Cost]) -> Figures:
    """CPU for each request, of the party as a whole and of its parts; how many failed."""
    return {
        "cpu_ms": Spread.of(cost.cpu_ms() for cost in costs),
        **{f"cpu_ms_{part}": Spread.of(cost.cpu_ms(part) for cost in costs) for part in costs[0].cpu},
        **why_failed(cost.run for cost in costs),
    }


def beside_nginx(costs: Sequence[Cost], nginx: Sequence[Cost]) -> Figures:
    """The same, and how many times what nginx took in the same round."""
    return {
        **of_cost(costs),
        "cpu_ms_nginx": Spread.of(cost.cpu_ms() for cost in nginx),
        "ratio_to_nginx": Spread.of(ours.cpu_ms() / theirs.cpu_ms() for ours, theirs in zip(costs, nginx, strict=True)),
        "failed_nginx": sum(cost.run.failed for cost in nginx),
    }
