"""Five times too much, and vendors that fail altogether: `python -m bench.overload [--seconds N] [--outage N]`."""

import argparse

import uvloop

from bench.overload.crowd import CLASSES, Crowd, crowd
from bench.overload.outage import FAULTS, Outage, outage
from bench.site import manifest, site
from simulator import Behaviour, Constant

SLOTS, SERVICE_TIME = 16, 0.1
CAPACITY = SLOTS / SERVICE_TIME
TIMES = 5
OUTAGE_RATE = 100.0
SHED_GOAL_MS = 50.0
MODELS = {
    "one": {"targets": [{"provider": "alpha", "model": "small"}]},
    "two": {"targets": [{"provider": name, "model": "small"} for name in ("alpha", "beta")]},
}


async def overloaded(seconds: float) -> Crowd:
    """A vendor of a fixed capacity, and so many times that of requests."""
    async with site(manifest(MODELS, criticality="critical")) as here:
        full = Behaviour(first_byte=Constant(seconds=SERVICE_TIME), slots=SLOTS, queue=1000)
        here.simulator.vendor("alpha").set(None, full)
        return await crowd(here, "one", per_second=TIMES * CAPACITY, seconds=seconds, after=10.0, calm=CAPACITY / 3)


async def outages(seconds: float) -> dict[str, Outage]:
    """Route and fault → what came of it."""
    async with site(manifest(MODELS)) as here:
        return {
            f"{fault}, {model} target{'s' * (model != 'one')}": await outage(
                here, model, FAULTS[fault], per_second=OUTAGE_RATE, seconds=seconds
            )
            for model in MODELS
            for fault in FAULTS
        }


def show_crowd(met: Crowd) -> None:
    answered = ", ".join(f"{label} {met.success(label):.1%}" for label in CLASSES)
    untold = sum(not one.retry_after for one in met.shed)
    print(f"\na vendor of {CAPACITY:g} answers a second, {TIMES} times that asked for {met.seconds:g} s")
    print(f"  answered: {answered}; {met.goodput:.0f} a second")
    print(f"  shed {len(met.shed)}: p50 {met.shed_quantile(0.5):.1f} ms, p99 {met.shed_quantile(0.99):.1f} ms", end="")
    print(f" (goal {SHED_GOAL_MS:g}); {untold} without retry-after; other errors {met.otherwise}; hung {len(met.hung)}")
    print(f"  refused for {met.recovered_after:.1f} s after it was over")
    for name, before in met.taken.before.items():
        taken = met.taken
        print(
            f"  {name}: {before:.0f} MB before, {taken.peak[name]:.0f} at most, {taken.after[name]:.0f} after", end=""
        )
        print(f"; {taken.cpu[name]:.0%} of a core")


def show_outages(found: dict[str, Outage]) -> None:
    print(
        f"\nevery call fails, at {OUTAGE_RATE:g} requests a second: calls at vendors for a request; until all is well"
    )
    for name, met in found.items():
        calls = " + ".join(str(count) for count in met.calls.values())
        print(f"  {name:<20}{calls:>14} / {met.requests} = {met.per_request:.3f}{met.normal_after:>8.1f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of overload")
    parser.add_argument("--outage", type=float, default=60.0, help="seconds of each")
    options = parser.parse_args()
    show_crowd(uvloop.run(overloaded(options.seconds)))
    show_outages(uvloop.run(outages(options.outage)))


if __name__ == "__main__":
    main()
