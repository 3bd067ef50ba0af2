"""`python -m bench.scenarios`: the engine, translation and the scenarios under load, in their short forms."""

import subprocess
import sys

SCENARIOS = (
    ("bench.engine",),
    ("bench.translation",),
    ("bench.balancing", "--seconds", "300"),
    ("bench.hedging", "--requests", "5000"),
    ("bench.overload", "--seconds", "15", "--outage", "5"),
    ("bench.tail", "--requests", "1000", "--rate", "120", "--route", "one target"),
)
"""So that all take some minutes; each by itself takes as long as it is told."""


def main() -> None:
    """One after the other, each in a process of its own."""
    for module, *arguments in SCENARIOS:
        print(f"\n{module}", flush=True)
        subprocess.run([sys.executable, "-m", module, *arguments], check=True)


if __name__ == "__main__":
    main()
