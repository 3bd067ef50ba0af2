"""How many times nginx's CPU each phase takes, kept from an earlier run: a later one must not take much more.

The ratio is compared, and not the milliseconds, because nginx is measured in turn with Seawall: what makes a machine
slow or fast makes both so.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cost.figures import Figures, Spread

FILE = Path(__file__).parents[1] / "baseline.json"
TOLERANCE = 0.25
"""Share by which a ratio may be above the baseline's: medians of short runs differ by up to half of it."""
RATIO = "ratio_to_nginx"


@dataclass(frozen=True)
class Compared:
    """One phase's ratio, beside the baseline's."""

    phase: str
    ratio: float
    baseline: float

    @property
    def regressed(self) -> bool:
        """Whether it is above what is tolerated."""
        return self.ratio > self.baseline * (1 + TOLERANCE)


def ratios(phases: Mapping[str, Figures]) -> dict[str, float]:
    """Phase → the median of its ratio, where it has one."""
    return {
        phase: figure.median for phase, figures in phases.items() if isinstance(figure := figures.get(RATIO), Spread)
    }


def compared(phases: Mapping[str, Figures], baseline: Mapping[str, float]) -> Iterator[Compared]:
    """Each phase that both have."""
    for phase, ratio in ratios(phases).items():
        if phase in baseline:
            yield Compared(phase, ratio, baseline[phase])


def read(file: Path = FILE) -> dict[str, float]:
    """The kept ratios; none where nothing was kept."""
    kept: dict[str, float] = json.loads(file.read_text())["ratio_to_nginx"] if file.exists() else {}
    return kept


def keep(phases: Mapping[str, Figures], machine: Mapping[str, str], file: Path = FILE) -> None:
    """Put the ratios in the place of the kept ones; phases that were not measured stay as they are."""
    kept = {**read(file), **ratios(phases)}
    file.write_text(json.dumps({"machine": dict(machine), "ratio_to_nginx": kept}, indent=2) + "\n")
