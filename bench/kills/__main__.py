"""What survives 50 kills in 100,000 requests: `python -m bench.kills [--events N --kills N --seed N] [--json FILE]`."""

import argparse
import asyncio
import json
import logging
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from bench.kills.findings import Findings
from bench.kills.run import run
from bench.kills.schedule import schedule

SHOWN = 20
"""Cases of each kind that are printed."""


def show(findings: Findings) -> None:
    """Figures, what kills explain, and what nothing does."""
    for name, figure in findings.figures.items():
        print(f"  {name:<44} {figure}")
    print(f"\nexplained by kills: {len(findings.explained)}")
    for case in findings.explained[:SHOWN]:
        print(f"  {case}")
    print(f"\nviolations: {sum(map(len, findings.violations.values()))}")
    for rule, cases in findings.violations.items():
        print(f"  {rule}: {len(cases)}")
        for case in cases[:SHOWN]:
            print(f"    {case}")


def main() -> None:
    """Run, print, keep where asked to; exits with 1 where anything was lost, done twice or out of order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="requests to be finished")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-second", type=float, default=150.0, help="requests, at most")
    parser.add_argument("--json", type=Path, help="a file for all that was found")
    parser.add_argument("--logs", type=Path, help="a directory for what the services logged")
    options = parser.parse_args()
    # Its own connections to Kafka are told of where they matter: in what it finds.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    kills = schedule(events=options.events, kills=options.kills, seed=options.seed)
    victims = dict(Counter(kill.service for kill in kills))
    print(f"{options.kills} kills in {options.events} requests, seed {options.seed}: {victims}\n", flush=True)
    if options.logs is not None:
        options.logs.mkdir(parents=True, exist_ok=True)
    findings = asyncio.run(
        run(
            events=options.events,
            kills=kills,
            per_second=options.per_second,
            seed=options.seed,
            logs=options.logs,
        )
    )
    show(findings)
    if options.json is not None:
        options.json.write_text(
            json.dumps({"options": vars(options), **asdict(findings)}, indent=2, default=str) + "\n"
        )
    sys.exit(1 if findings.violations else 0)


if __name__ == "__main__":
    main()
