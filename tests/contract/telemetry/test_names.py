"""Dashboards, alerts and pipelines read these metrics: names, units, labels and values are OpenTelemetry's own.

`page.txt` and `otlp.json` were written when every metric was an instrument of OpenTelemetry's SDK and the same had
happened to them.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stack.otlp import OtlpReceiver

HERE = Path(__file__).parent
TIMES = {"startTimeUnixNano", "timeUnixNano"}
OF_THE_PROCESS = ("process_", "python_", "target_info")


@pytest.fixture(name="shown", scope="module")
async def _shown() -> tuple[str, OtlpReceiver]:
    async with OtlpReceiver() as otlp:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.contract.telemetry.measured", otlp.endpoint),
            cwd=HERE.parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        page, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return page.decode(), otlp


def test_the_page_shows_what_opentelemetrys_instruments_showed(shown: tuple[str, OtlpReceiver]) -> None:
    page, _ = shown
    lines = [line for line in page.splitlines() if not _subject(line).startswith(OF_THE_PROCESS)]
    assert sorted(lines) == (HERE / "page.txt").read_text().splitlines()


def test_otlp_carries_what_opentelemetrys_instruments_carried(shown: tuple[str, OtlpReceiver]) -> None:
    _, otlp = shown
    received = {" ".join(key): _timeless(metric) for key, metric in otlp.metrics.latest.items()}
    assert received == json.loads((HERE / "otlp.json").read_text())


def test_points_tell_since_when_and_when(shown: tuple[str, OtlpReceiver]) -> None:
    _, otlp = shown
    points = [
        point
        for metric in otlp.metrics.latest.values()
        for data in (metric.get("sum"), metric.get("histogram"))
        if data is not None
        for point in data["dataPoints"]
    ]
    assert points
    assert all(0 < int(point["startTimeUnixNano"]) <= int(point["timeUnixNano"]) for point in points)


def _subject(line: str) -> str:
    """The name of what a line of the page is about."""
    return line.split()[2] if line.startswith("#") else line


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(inner) for key, inner in value.items() if key not in TIMES}
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value
