"""What phases are measured on, and for how long."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.cost.party import Party
from bench.cost.reference import nginx
from bench.cost.seawall import Seawall, seawall
from bench.cost.sink import sink
from bench.cost.upstream import upstream


@dataclass(frozen=True)
class Length:
    """Of one phase."""

    rounds: int
    seconds: float = 0.0
    """Of each turn in a round."""
    requests: int = 0
    """Where a phase is as long as so many requests take."""
    workers: Sequence[int] = ()
    """Processes of a service, one system for each number."""


@dataclass(frozen=True)
class Bench:
    """All that runs while phases are measured."""

    upstream: Party
    nginx: Party
    seawall: Seawall
    collector: str
    """URL that traces are sent to, for further systems."""


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Run it."""
    with TemporaryDirectory(prefix="seawall-bench-") as directory:
        async with (
            upstream(Path(directory)) as vendor,
            nginx(vendor, Path(directory)) as reference,
            sink() as collector,
        ):
            async with seawall(vendor, collector, {}):
                pass  # its code is compiled
            async with seawall(vendor, collector, {}) as running:
                yield Bench(vendor, reference, running, collector)
