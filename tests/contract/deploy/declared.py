"""`python -m tests.contract.deploy.declared`: a metrics page with a value on every instrument of the code's."""

import asyncio
import importlib
import sys
import tempfile
from pathlib import Path

from opentelemetry.metrics import Counter, Histogram, UpDownCounter
from opentelemetry.metrics import _Gauge as Gauge

from chassis.telemetry import metrics_page, telemetry
from resilience.clock import SystemClock

ROOT = Path(__file__).parents[3]


def declaring() -> list[str]:
    """Names of the modules that declare instruments."""
    files = [file for package in ("chassis", "services") for file in sorted((ROOT / package).rglob("*.py"))]
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if "get_meter(" in file.read_text()
    ]


async def page() -> bytes:
    """The page of a process in which everything that is measured happened once."""
    for name in declaring():
        for instrument in vars(importlib.import_module(name)).values():
            if isinstance(instrument, Histogram):
                instrument.record(1)
            elif isinstance(instrument, Gauge):
                instrument.set(1)
            elif isinstance(instrument, Counter | UpDownCounter):
                instrument.add(1)
    from services.gateway.adapters.journal import Journal  # noqa: PLC0415 - under the provider that is set by now

    with tempfile.TemporaryDirectory() as directory:
        async with Journal(Path(directory), max_bytes=1024**2, clock=SystemClock()):
            return metrics_page()


if __name__ == "__main__":
    with telemetry("declared", otlp_endpoint="", sample_ratio=0.0):
        sys.stdout.buffer.write(asyncio.run(page()))
