"""p99 without and with hedging, over real requests: `python -m bench.tail [--requests N] [--rate N] [--json FILE]`."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import uvloop

from bench.site import site
from bench.tail.tail import HEDGED, PLAIN, ROUTES, TAILS, Tail, tail, written


async def compare(requests: int, rate: float, routes: Sequence[str]) -> dict[str, tuple[Tail, Tail]]:
    """Tail, route and form → without and with hedging, each on a system that has seen nothing else."""
    found = {}
    for route, (name, behaviour), stream in product(routes, TAILS.items(), (False, True)):
        async with site(written(route)) as here:
            plain, hedged = [
                await tail(here, model, behaviour, stream=stream, per_second=rate, requests=requests)
                for model in (PLAIN, HEDGED)
            ]
        found[f"{name}, {route}, {'stream' if stream else 'whole'}"] = (plain, hedged)
    return found


def show(found: dict[str, tuple[Tail, Tail]]) -> None:
    print(f"  {'':<28}{'p50':>7}{'p99':>8}{'hedged: p50':>13}{'p99':>8}{'off p99':>9}{'extra calls':>13}{'failed':>8}")
    for name, (plain, hedged) in found.items():
        print(
            f"  {name:<28}{plain.p50:>7.3f}{plain.p99:>8.3f}{hedged.p50:>13.3f}{hedged.p99:>8.3f}"
            f"{1.0 - hedged.p99 / plain.p99:>9.1%}{hedged.extra:>+13.2%}{plain.failed + hedged.failed:>8}"
        )


def main() -> dict[str, Any]:
    """Ask, print, and keep where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=60.0, help="requests a second")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--route", choices=list(ROUTES), action="append", help="all where none is named")
    options = parser.parse_args()
    print(f"5 % of calls 10 x slower, and none: seconds to the answer or its first text, {options.requests} requests")
    found = uvloop.run(compare(options.requests, options.rate, options.route or list(ROUTES)))
    show(found)
    kept = {name: [asdict(one) for one in pair] for name, pair in found.items()}
    if options.json:
        options.json.write_text(json.dumps(kept, indent=2) + "\n")
    return kept


if __name__ == "__main__":
    main()
