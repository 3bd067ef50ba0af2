"""A run's results: as a table to read, and as JSON to keep."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from bench.cost.baseline import TOLERANCE, Compared
from bench.cost.figures import Figures, Spread, Value
from bench.cost.goals import Met


def show_machine(machine: Mapping[str, str]) -> None:
    """What the run is made on."""
    print("; ".join(f"{name} {value}" for name, value in machine.items()), flush=True)


def show_phase(name: str, figures: Figures) -> None:
    """Each figure: median, and least to most over the rounds."""
    print(f"\n{name}")
    for figure, value in figures.items():
        print(f"  {figure:<36}{_text(value)}", flush=True)


def show_goals(goals: Iterable[Met]) -> None:
    """Each goal beside what was found."""
    print("\ngoals")
    for one in goals:
        name = f"{one.goal.phase}: {one.goal.figure}"
        print(f"  {name:<36}{one.found:>10g}   of {one.goal.at_most:g}: {'met' if one.met else 'not met'}")


def show_compared(all_: Iterable[Compared]) -> None:
    """Each ratio beside the baseline's."""
    print(f"\ntimes nginx's CPU, beside the baseline (at most {TOLERANCE:.0%} above it)")
    for one in all_:
        verdict = "REGRESSED" if one.regressed else "as before" if one.ratio >= one.baseline else "better"
        print(f"  {one.phase:<36}{one.ratio:>10.2f}   was {one.baseline:.2f}: {verdict}")


def as_json(
    phases: Mapping[str, Figures], goals: Iterable[Met], all_: Iterable[Compared], machine: Mapping[str, str]
) -> dict[str, Any]:
    """All of it."""
    return {
        "machine": dict(machine),
        "phases": {
            phase: {name: asdict(value) if isinstance(value, Spread) else value for name, value in figures.items()}
            for phase, figures in phases.items()
        },
        "goals": [{**asdict(one.goal), "found": one.found, "met": one.met} for one in goals],
        "baseline": [{**asdict(one), "regressed": one.regressed} for one in all_],
    }


def _text(value: Value) -> str:
    if isinstance(value, Spread):
        return f"{value.median:>10g}   ({value.least:g} to {value.most:g})"
    return f"{value:>10g}" if isinstance(value, int | float) else value
