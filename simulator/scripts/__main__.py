"""`python -m simulator.scripts`: prints a script by chance as JSON, for `python -m simulator --script`."""

from __future__ import annotations

import argparse
import sys

from simulator.scripts.chance import random_script

HALF_AN_HOUR = 1800.0


def main() -> None:
    """Print one script."""
    parser = argparse.ArgumentParser(prog="python -m simulator.scripts", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="the same seed gives the same script")
    parser.add_argument("--duration", type=float, default=HALF_AN_HOUR, metavar="S", help="default: %(default)g")
    parser.add_argument("--vendor", dest="vendors", action="append", required=True, metavar="NAME", help="repeatable")
    parser.add_argument("--model", dest="models", action="append", default=[], metavar="NAME", help="repeatable")
    given = parser.parse_args()
    try:
        script = random_script(given.seed, given.duration, given.vendors, given.models)
    except ValueError as problem:
        parser.error(str(problem))
    sys.stdout.write(script.model_dump_json(exclude_none=True) + "\n")


if __name__ == "__main__":
    main()
