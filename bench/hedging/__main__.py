"""What hedging takes off the tail and adds to the bill: `python -m bench.hedging [--requests N] [--json FILE]`."""

import argparse
import json
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.hedging.pools import Pool, pools
from bench.hedging.simulation import Figures, simulate
from resilience.hedge import Hedger

SEEDS = range(1, 6)
QUANTILES = (0.95, 0.9)
"""After which a spare call is begun: as the gateway has it, and where calls cost nothing but their price."""


def measure(pool: Pool, *, streams: bool, quantile: float | None, requests: int) -> Figures:
    """The median of each figure over SEEDS; no hedging where `quantile` is None."""
    runs = [
        simulate(
            pool,
            seed,
            streams=streams,
            hedger=None if quantile is None else Hedger(quantile=quantile),
            requests=requests,
        )
        for seed in SEEDS
    ]
    return Figures(**{name: statistics.median(asdict(run)[name] for run in runs) for name in asdict(runs[0])})


def show(name: str, alone: Figures, hedged: dict[float, Figures]) -> None:
    for quantile, figures in hedged.items():
        print(
            f"  {name:<24}{alone.p50:>7.2f}{alone.p99:>9.2f}"
            f"   p{quantile * 100:<4.0f}{figures.p50:>7.2f}{figures.p99:>8.2f}"
            f"{1.0 - figures.p99 / alone.p99:>9.1%}{figures.extra_calls:>+9.2%}{figures.extra_cost:>+9.2%}"
        )


def main() -> None:
    """Simulate, print, and keep where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    kept: dict[str, Any] = {"requests": options.requests}
    for title, streams in (("whole answers: seconds to the end", False), ("streams: seconds to the first token", True)):
        print(f"\n{title}, medians over {len(SEEDS)} seeds")
        print(f"  {'':<24}{'p50':>7}{'p99':>9}   after{'p50':>7}{'p99':>8}{'off p99':>9}{'calls':>9}{'cost':>9}")
        kept[title] = {}
        for name, pool in pools().items():
            alone = measure(pool, streams=streams, quantile=None, requests=options.requests)
            hedged = {
                quantile: measure(pool, streams=streams, quantile=quantile, requests=options.requests)
                for quantile in QUANTILES
            }
            show(name, alone, hedged)
            kept[title][name] = {"alone": asdict(alone), **{str(q): asdict(figures) for q, figures in hedged.items()}}
    if options.json:
        options.json.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
