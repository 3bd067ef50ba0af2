"""Random faults from a seed, for as long as wanted: `python -m bench.soak [--minutes N] [--seed N] [--callers N]`.

Exits with 1 where anything was seen that must not be.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from bench.site import site
from bench.soak.soak import Result, soak, written

RESULTS = Path(__file__).parents[1] / "results"


def main() -> int:
    """Soak, print, keep; how to exit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--callers", type=int, default=16)
    options = parser.parse_args()

    async def run() -> Result:
        async with site(written(), seed=options.seed) as here:
            return await soak(here, seconds=options.minutes * 60, seed=options.seed, callers=options.callers)

    result = uvloop.run(run())
    show(result)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"soak-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    kept = {**vars(options), **figures(result), "examples": result.findings.examples}
    path.write_text(json.dumps(kept, indent=2) + "\n")
    print(f"\nkept in {path}")
    return 1 if result.violations else 0


def figures(result: Result) -> dict[str, Any]:
    """Of a result, what can be kept."""
    found = result.findings
    estimated, actual, nameless = found.estimated, found.actual, found.nameless
    return {
        "requests": result.asked,
        "in the ledger": result.in_ledger,
        "compared one by one": found.compared,
        "ends": dict(found.ends.most_common()),
        "attempts": dict(found.causes.most_common()),
        "longest beyond what was allowed, s": round(found.longest, 3),
        "tokens told, each as its vendor counted": {"input": found.told.input, "output": found.told.output},
        "tokens estimated of what broke off": {"input": estimated.input, "output": estimated.output},
        "tokens of vendors for that": {"input": actual.input, "output": actual.output},
        "tokens of vendors where no id was told": {"input": nameless.input, "output": nameless.output},
        "memory, MB": {name: [round(mb) for mb in pair] for name, pair in result.memory.items()},
        "violations": result.violations,
    }


def show(result: Result) -> None:
    """A line a figure; then examples of what must not be."""
    for name, value in figures(result).items():
        print(f"{name:<42} {value}")
    for example in result.findings.examples[:20]:
        print(json.dumps(example))


if __name__ == "__main__":
    sys.exit(main())
