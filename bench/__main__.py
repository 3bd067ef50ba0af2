"""Cost per request, added latency and memory of gateway and providers: `python -m bench [--seconds N] [--rounds N]`."""

import argparse
import asyncio
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from bench.client import Endpoint, Run, at_rate, saturate
from bench.processes import children, cpu_seconds, forget_highest, highest_mb, resident_mb

MEASURED = ("gateway", "providers")
RATES = (50, 200)
CONNECTIONS = 64
LONG_WORDS, LONG_CONNECTIONS = 100_000, 4
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Subject:
    """A running system, and the vendor behind it asked directly."""

    through: Endpoint
    long: Endpoint
    """The same with a prompt of 100,000 tokens."""
    direct: Endpoint
    pids: dict[str, int]


@dataclass(frozen=True)
class Cost:
    """One round."""

    run: Run
    cpu_ms: dict[str, float]
    """Service → CPU milliseconds per answered request."""

    @property
    def total(self) -> float:
        """Over the measured services."""
        return sum(self.cpu_ms.values())


@asynccontextmanager
async def started() -> AsyncIterator[Subject]:
    """`seawall up`, with its simulator answering at once."""
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as directory:
        up = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "up", "--json", "--data-dir", directory),
            *("--http-port", "0", "--grpc-port", "0"),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert up.stdout is not None
            async with asyncio.timeout(90):
                line = await up.stdout.readline()
            if not line:
                sys.exit("the system did not start")
            yield _subject(json.loads(line), up.pid)
        finally:
            if up.returncode is None:
                up.send_signal(signal.SIGTERM)
            await up.wait()


def _subject(told: dict[str, Any], pid: int) -> Subject:
    running = children(pid)
    with urllib.request.urlopen(f"{told['simulator']}/vendors", timeout=5) as answer:
        vendors = {vendor["name"]: vendor for vendor in json.load(answer)["vendors"]}
    pids = {
        service: next(child for command, child in running.items() if command.endswith(f"services.{service}"))
        for service in MEASURED
    }
    return Subject(
        through=Endpoint.chat(f"{told['url']}/v1", told["key"], "chat"),
        long=Endpoint.chat(f"{told['url']}/v1", told["key"], "chat", words=LONG_WORDS),
        direct=Endpoint.chat(vendors["alpha"]["base_url"], "any", "small"),
        pids=pids,
    )


async def costed(subject: Subject, work: Awaitable[Run]) -> Cost:
    """Do `work` and see what it took."""
    before = {service: cpu_seconds(pid) for service, pid in subject.pids.items()}
    run = await work
    answered = max(1, len(run.latencies))
    return Cost(
        run, {service: (cpu_seconds(pid) - before[service]) / answered * 1000 for service, pid in subject.pids.items()}
    )


async def rounds(count: int, one: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """`count` rounds, one after the other."""
    return [await one(n) for n in range(count)]


def spread(values: list[float], digits: int = 3) -> dict[str, float]:
    """Median, least and most."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


async def saturation(subject: Subject, seconds: float, count: int) -> dict[str, Any]:
    """As many as can be over 64 connections."""
    costs: list[Cost] = await rounds(
        count,
        lambda _: costed(subject, saturate(subject.through, connections=CONNECTIONS, seconds=seconds)),
    )
    return {
        "requests_per_second": spread([cost.run.rate for cost in costs], 0),
        "cpu_ms": spread([cost.total for cost in costs]),
        **{f"cpu_ms_{name}": spread([cost.cpu_ms[name] for cost in costs]) for name in MEASURED},
        "failed": sum(cost.run.failed for cost in costs),
    }


async def rate(subject: Subject, per_second: int, seconds: float, count: int) -> dict[str, Any]:
    """At a rate, each round through Seawall and directly in turn, so that both meet the same machine."""

    async def one(n: int) -> tuple[Cost, Run]:
        rng = random.Random(n)
        cost = await costed(subject, at_rate(subject.through, per_second=per_second, seconds=seconds, rng=rng))
        direct = await at_rate(subject.direct, per_second=per_second, seconds=seconds, rng=random.Random(n))
        return cost, direct

    pairs: list[tuple[Cost, Run]] = await rounds(count, one)
    return {
        "cpu_ms": spread([cost.total for cost, _ in pairs]),
        "added_p50_ms": spread([cost.run.quantile(0.5) - direct.quantile(0.5) for cost, direct in pairs]),
        "added_p99_ms": spread([cost.run.quantile(0.99) - direct.quantile(0.99) for cost, direct in pairs]),
        "failed": sum(cost.run.failed for cost, _ in pairs),
    }


async def long_prompts(subject: Subject, seconds: float, count: int) -> dict[str, Any]:
    """Prompts of 100,000 tokens, over 4 connections; what memory they take, as bodies for each request under way."""
    body_mb = len(subject.long.request) / 2**20
    before = {name: resident_mb(pid) for name, pid in subject.pids.items()}
    for pid in subject.pids.values():
        forget_highest(pid)
    costs: list[Cost] = await rounds(
        count, lambda _: costed(subject, saturate(subject.long, connections=LONG_CONNECTIONS, seconds=seconds))
    )
    return {
        "cpu_ms": spread([cost.total for cost in costs]),
        "body_mb": round(body_mb, 2),
        **{
            f"bodies_held_{name}": round((highest_mb(pid) - before[name]) / body_mb / LONG_CONNECTIONS, 2)
            for name, pid in subject.pids.items()
        },
        "failed": sum(cost.run.failed for cost in costs),
    }


async def measure(seconds: float, count: int) -> dict[str, Any]:
    """All phases, on one system."""
    async with started() as subject:
        idle = {name: round(resident_mb(pid), 1) for name, pid in subject.pids.items()}
        await saturate(subject.through, connections=CONNECTIONS, seconds=2)  # whatever is done once is done
        results = {f"{per_second}/s": await rate(subject, per_second, seconds, count) for per_second in RATES}
        results["saturation"] = await saturation(subject, seconds, count)
        results["100,000-token prompts"] = await long_prompts(subject, seconds, count)
        results["memory_mb"] = {
            "idle": idle,
            "after": {name: round(resident_mb(pid), 1) for name, pid in subject.pids.items()},
        }
    return results


SCENARIOS = (
    ("bench.engine",),
    ("bench.translation",),
    ("bench.balancing", "--seconds", "300"),
    ("bench.hedging", "--requests", "5000"),
    ("bench.overload", "--seconds", "15", "--outage", "5"),
    ("bench.tail", "--requests", "1000", "--rate", "120", "--route", "one target"),
)
"""In their short forms, so that all take some minutes; each by itself takes as long as it is told."""


def play_scenarios() -> None:
    """One after the other, each in a process of its own."""
    for module, *arguments in SCENARIOS:
        print(f"\n{module}", flush=True)
        subprocess.run([sys.executable, "-m", module, *arguments], check=True)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cost-only", action="store_true", help="leave out the engine and the scenarios under load")
    options = parser.parse_args()
    results = uvloop.run(measure(options.seconds, options.rounds))
    show(results)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    if not options.cost_only:
        play_scenarios()
    print(f"\nkept in {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


def show(results: dict[str, Any]) -> None:
    """A table: median, and least to most over the rounds."""
    for phase, figures in results.items():
        print(f"\n{phase}")
        for name, value in figures.items():
            text = f"{value['median']:>10}   ({value['min']} to {value['max']})" if _is_spread(value) else f"{value}"
            print(f"  {name:<22} {text}")


def _is_spread(value: object) -> bool:
    return isinstance(value, dict) and "median" in value


if __name__ == "__main__":
    main()
