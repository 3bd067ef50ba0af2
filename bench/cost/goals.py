"""What a request may cost, with everything on: the one table of goals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.cost.figures import Figures, Spread


@dataclass(frozen=True)
class Goal:
    """A figure, and what it may be at most."""

    phase: str
    figure: str
    at_most: float


GOALS = (
    Goal("saturation", "cpu_ms", 0.35),
    Goal("200/s", "cpu_ms", 0.85),
    Goal("200/s", "added_p50_ms", 1.0),
    Goal("200/s", "added_p99_ms", 2.2),
    Goal("streaming", "cpu_ms", 1.0),
    Goal("idle memory", "resident_mb", 160.0),
)


@dataclass(frozen=True)
class Met:
    """A goal, and what was found: the median where there were rounds."""

    goal: Goal
    found: float

    @property
    def met(self) -> bool:
        """Whether it is."""
        return self.found <= self.goal.at_most


def judged(phases: Mapping[str, Figures]) -> Iterator[Met]:
    """Each goal whose phase was measured."""
    for goal in GOALS:
        figure = phases.get(goal.phase, {}).get(goal.figure)
        if isinstance(figure, Spread):
            yield Met(goal, figure.median)
        elif isinstance(figure, int | float):
            yield Met(goal, figure)
