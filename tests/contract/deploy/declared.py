"""`python -m tests.contract.deploy.declared`: a metrics page with a value on every instrument of the code's."""

import asyncio
import importlib
import re
import sys
import tempfile
from pathlib import Path

from opentelemetry import metrics
from opentelemetry.metrics import _Gauge as Gauge

from chassis.metrics import Count, Family, Histogram
from chassis.telemetry import metrics_page, telemetry
from resilience.clock import SystemClock

ROOT = Path(__file__).parents[3]


def declaring() -> list[str]:
    """Names of the modules that declare instruments."""
    files = [file for package in ("chassis", "services") for file in sorted((ROOT / package).rglob("*.py"))]
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in files
        if re.search(r'\b(get_meter|Meter)\("', file.read_text())
    ]


def happen(instrument: object) -> None:
    """Record once on what is an instrument."""
    match instrument:
        case Histogram():
            instrument.of(*instrument.labels).record(1)
        case Family():
            instrument.of(*instrument.labels).add()
        case Count() | metrics.Counter():
            instrument.add(1)
        case metrics.Histogram():
            instrument.record(1)
        case Gauge():
            instrument.set(1)


async def page() -> bytes:
    """The page of a process in which everything that is measured happened once."""
    for name in declaring():
        for instrument in vars(importlib.import_module(name)).values():
            happen(instrument)
    # Under the provider that is set by now.
    from services.gateway.adapters.journal import Journal  # noqa: PLC0415
    from services.gateway.domain.pressure import Pressure  # noqa: PLC0415
    from services.gateway.metrics import pressure  # noqa: PLC0415

    pressed = Pressure(most=1)
    pressure.watch(pressed)
    with tempfile.TemporaryDirectory() as directory:
        async with Journal(Path(directory), max_bytes=1024**2, clock=SystemClock()):
            return metrics_page()


if __name__ == "__main__":
    with telemetry("declared", otlp_endpoint="", sample_ratio=0.0):
        sys.stdout.buffer.write(asyncio.run(page()))
