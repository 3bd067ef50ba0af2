"""Balancing under brownouts, refusals and silence: `python -m bench.balancing [--seconds N] [--json FILE]`."""

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.balancing.policies import POLICIES, LeastInFlight, PeakEwma, Policy, Seawall, SeawallWithBreakers
from bench.balancing.simulation import Figures, simulate
from bench.balancing.world import Fault, draw_world

DEVELOPMENT = tuple(range(11, 21))
"""Seeds that were looked at while the balance was made."""
UNSEEN = tuple(range(5001, 5011))
"""Seeds that were not."""
BESIDE = ("clairvoyant (queues)", "clairvoyant (+ late news)", "clairvoyant (+ brownouts)")
GOAL = 1.05
"""Of the p99 of the last of these."""
AFTER_FAULT: dict[str, type[Policy]] = {
    "least in flight": LeastInFlight,
    "peak-EWMA x in flight": PeakEwma,
    "seawall": Seawall,
    "seawall with breakers": SeawallWithBreakers,
}
FAULT_SECONDS = 300.0


def brownouts(seeds: Sequence[int], seconds: float) -> dict[str, list[Figures]]:
    """Policy → its figures, a seed each."""
    worlds = [(seed, draw_world(seed, seconds)) for seed in seeds]
    return {name: [simulate(policy, world, seed) for seed, world in worlds] for name, policy in POLICIES.items()}


def faults(seeds: Sequence[int], fault: Fault, seconds: float = FAULT_SECONDS) -> dict[str, list[Figures]]:
    """Policy → its figures where one target is lost, a seed each."""
    worlds = [(seed, draw_world(seed, seconds, fault)) for seed in seeds]
    return {name: [simulate(policy, world, seed) for seed, world in worlds] for name, policy in AFTER_FAULT.items()}


def ratios(results: dict[str, list[Figures]], beside: str) -> list[float]:
    """Our p99 over that of another policy, a seed each."""
    return [ours.p99 / theirs.p99 for ours, theirs in zip(results["seawall"], results[beside], strict=True)]


def show_brownouts(title: str, results: dict[str, list[Figures]]) -> None:
    print(f"\n{title}: seconds, median over seeds (least to most)")
    print(f"  {'':<28}{'p50':>8}{'mean':>8}{'p99':>9}")
    for name, figures in results.items():
        tails = [one.p99 for one in figures]
        print(
            f"  {name:<28}{statistics.median(one.p50 for one in figures):>8.2f}"
            f"{statistics.median(one.mean for one in figures):>8.2f}"
            f"{statistics.median(tails):>9.2f}  ({min(tails):.2f} to {max(tails):.2f})"
        )
    for beside in BESIDE:
        values = ratios(results, beside)
        print(f"  our p99 / {beside}: median {statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})")


def show_faults(fault: Fault, results: dict[str, list[Figures]]) -> None:
    print(f"\none of ten targets {fault}, for ever: share of requests sent to it after 5 s; p99 of what is answered")
    for name, figures in results.items():
        shares = [one.to_faulty for one in figures]
        print(
            f"  {name:<28}{statistics.median(shares):>8.2%}  (at most {max(shares):.2%})"
            f"{statistics.median(one.p99 for one in figures):>9.2f} s"
        )


def main() -> None:
    """Simulate, print, and keep where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1400.0, help="of virtual time for each seed")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    kept: dict[str, Any] = {"seconds": options.seconds, "goal": GOAL}
    for title, seeds in (("development seeds", DEVELOPMENT), ("unseen seeds", UNSEEN)):
        results = brownouts(seeds, options.seconds)
        show_brownouts(title, results)
        kept[title] = {
            "seeds": seeds,
            "policies": _plain(results),
            "ratios": {beside: ratios(results, beside) for beside in BESIDE},
        }
    for fault in (Fault.REFUSES, Fault.SILENT):
        results = faults(UNSEEN, fault)
        show_faults(fault, results)
        kept[fault] = _plain(results)
    if options.json:
        options.json.write_text(json.dumps(kept, indent=2) + "\n")


def _plain(results: dict[str, list[Figures]]) -> dict[str, list[dict[str, float]]]:
    return {name: [asdict(one) for one in figures] for name, figures in results.items()}


if __name__ == "__main__":
    main()
