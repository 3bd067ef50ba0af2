"""Cost per request, added latency and memory of gateway and providers, beside nginx: `python -m bench [--full]`."""

import argparse
import asyncio
import json
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench.client import saturate
from bench.cost import baseline, goals, machine, report
from bench.cost.bench import Bench, Length, bench
from bench.cost.figures import Figures
from bench.cost.party import WHOLE
from bench.cost.phases.http import CONNECTIONS
from bench.cost.plan import PHASES, Phase
from bench.cost.tools import required

RESULTS = Path(__file__).parent / "results"
WARM = 2.0
"""Seconds of load before the first phase that is under load: whatever is done once is done."""
COLD = PHASES[0].name


async def measure(phases: Sequence[tuple[Phase, Length]]) -> dict[str, Figures]:
    """Phase → what it found, on one system; shown as it is found."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _ended_by, asyncio.current_task())
    found: dict[str, Figures] = {}
    async with bench() as here:
        warm = False
        for phase, length in phases:
            if not warm and phase.name != COLD:
                await _warm(here)
                warm = True
            found[phase.name] = await phase.measure(here, length)
            report.show_phase(phase.name, found[phase.name])
    return found


async def _warm(here: Bench) -> None:
    for party in (here.seawall.party, here.nginx):
        await saturate(party.endpoint(WHOLE), connections=CONNECTIONS, seconds=WARM)


def _ended_by(task: "asyncio.Task[None] | None") -> None:
    if task is not None:
        task.cancel()


def chosen(options: argparse.Namespace) -> list[tuple[Phase, Length]]:
    """The phases that are to be measured, and how long."""
    names = options.phases.split(",") if options.phases else [phase.name for phase in PHASES]
    if unknown := set(names).difference(phase.name for phase in PHASES):
        sys.exit(f"there is no phase {', '.join(sorted(unknown))}: there are {', '.join(p.name for p in PHASES)}")
    found = []
    for phase in PHASES:
        length = phase.full if options.full or (options.phases and phase.short is None) else phase.short
        if phase.name in names and length is not None:
            found.append((phase, _as_told(length, options)))
    return found


def _as_told(length: Length, options: argparse.Namespace) -> Length:
    return replace(
        length,
        rounds=options.rounds or length.rounds,
        seconds=options.seconds or length.seconds,
        requests=options.requests_for_memory if length.requests else 0,
        workers=[int(count) for count in options.workers.split(",")] if length.workers else (),
    )


def failures(phases: Mapping[str, Figures]) -> list[str]:
    """The phases in which not every request was answered."""
    return [
        phase
        for phase, figures in phases.items()
        if any(value for name, value in figures.items() if name.rpartition(": ")[2].startswith("failed"))
    ]


def parser() -> argparse.ArgumentParser:
    """The options."""
    parsed = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parsed.add_argument("--full", action="store_true", help="every phase, with ten rounds and more")
    parsed.add_argument("--phases", default="", help="names with commas; all where none is named")
    parsed.add_argument("--rounds", type=int, help="of each phase")
    parsed.add_argument("--seconds", type=float, help="of each turn")
    parsed.add_argument("--workers", default="1,2", help="processes of a service, for the phase scaling")
    parsed.add_argument("--requests-for-memory", type=int, default=1_000_000, help="for the phase memory over time")
    parsed.add_argument("--keep-baseline", action="store_true", help="keep the ratios to be compared with")
    return parsed


def main() -> int:
    """Measure, print, keep, compare. 1 where a request failed, or a ratio regressed."""
    options = parser().parse_args()
    for program in ("nginx", "cc"):
        required(program)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    described = machine.described()
    report.show_machine(described)
    phases = uvloop.run(measure(chosen(options)))
    judged = list(goals.judged(phases))
    compared = list(baseline.compared(phases, baseline.read()))
    if judged:
        report.show_goals(judged)
    if compared:
        report.show_compared(compared)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(report.as_json(phases, judged, compared, described), indent=2) + "\n")
    print(f"\nkept in {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    failed = failures(phases)
    if options.keep_baseline:
        baseline.keep({phase: figures for phase, figures in phases.items() if phase not in failed}, described)
    if failed:
        print(f"requests failed: {', '.join(failed)}", file=sys.stderr)
    if regressed := [one.phase for one in compared if one.regressed and not options.keep_baseline]:
        print(f"regressed: {', '.join(regressed)}", file=sys.stderr)
    return 1 if failed or regressed else 0


if __name__ == "__main__":
    sys.exit(main())
