"""One system for all of the suite, with a model of its own for every case, and the report of what was seen."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conformance import report
from tests.conformance.callers import Callers
from tests.conformance.case import BETA, GONE, LONE, TWO, Caller, Target
from tests.conformance.manifest import CREDENTIALS, Model, manifest, model_of
from tests.conformance.table import CASES
from tests.e2e.system import System, running_system
from tests.stack.eventually import eventually

REPORT = "SEAWALL_CONFORMANCE_REPORT"
"""Environment variable: the file that the report is written to."""
ROUTES = {
    "pair": (600, TWO),
    "lone": (100, LONE),
    "gone": (30, (GONE, BETA)),
    "locked": (30, (Target("alpha", keys=1), BETA)),
    "pool": (10, (Target("alpha", keys=2), BETA)),
}
"""Models that no case has: how many of each kind, and their targets."""


@pytest.fixture(name="system", scope="session")
async def _system() -> AsyncIterator[System]:
    models = [model_of(case, caller) for case in CASES for caller in Caller]
    models += [Model(f"{kind}-{at}", targets) for kind, (count, targets) in ROUTES.items() for at in range(count)]
    async with running_system(
        manifest=lambda simulator: manifest(models, simulator), environment=CREDENTIALS
    ) as system:
        # A gateway may serve before it knows all of so many models.
        await eventually(lambda: system.openai().models.retrieve(models[-1].name))
        yield system


@pytest.fixture(scope="session")
async def callers(system: System) -> AsyncIterator[Callers]:
    """All three, of one system."""
    callers = Callers(system)
    yield callers
    await callers.close()


@pytest.fixture(scope="session")
def fresh() -> dict[str, Iterator[str]]:
    """Models that nobody has asked yet, by their kind in ROUTES."""
    return {kind: map(f"{kind}-{{}}".format, range(count)) for kind, (count, _) in ROUTES.items()}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures; write the report where the environment says so."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, ())]
    calls = [one for one in reports if one.when == "call" and "tests/conformance" in one.nodeid]
    for name, value in report.figures(calls):
        terminalreporter.write_line(f"{name}: {value}")
    if (path := os.environ.get(REPORT)) and calls:
        Path(path).write_text(report.document(calls))
