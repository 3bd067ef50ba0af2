"""What a service writes on standard error is one format, whoever says it."""

import json
import subprocess
import sys

import pytest

SAYS = """
import asyncio, logging, warnings
import structlog
from chassis.logging import configure_logging

configure_logging("gateway", level="info", format="json")

async def left():
    pass

structlog.stdlib.get_logger("ours").info("said", answer=42)
logging.getLogger("theirs").error("said by a library")
warnings.warn("old", DeprecationWarning, stacklevel=1)
left()
"""


@pytest.fixture(name="lines", scope="module")
def _lines() -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", SAYS], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_is_the_services_own_and_has_its_time_and_level(lines: list[dict[str, object]]) -> None:
    assert [line["service"] for line in lines] == ["gateway"] * 4
    assert [line["level"] for line in lines] == ["info", "error", "warning", "warning"]
    assert all("timestamp" in line for line in lines)


def test_libraries_and_pythons_warnings_are_among_them(lines: list[dict[str, object]]) -> None:
    said = [str(line["event"]) for line in lines]
    assert said[:2] == ["said", "said by a library"]
    assert "DeprecationWarning: old" in said[2]
    assert "coroutine 'left' was never awaited" in said[3]
