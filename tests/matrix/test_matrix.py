"""Every vendor's dialect before every caller's SDK. Cells run side by side; each test waits for its own."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.system import System
from tests.matrix.cells import CELLS, Cell
from tests.matrix.perform import Performance


@pytest.fixture(name="performance", scope="module")
async def _performance(system: System, request: pytest.FixtureRequest) -> AsyncIterator[Performance]:
    performance = Performance(system)
    wanted = {item.name for item in request.session.items if item.path == request.path}
    performance.begin(cell for cell in CELLS if any(f"[{cell.name}]" in name for name in wanted))
    yield performance
    await performance.close()


@pytest.mark.parametrize("cell", CELLS, ids=[cell.name for cell in CELLS])
async def test_what_is_asked_arrives_and_what_is_answered_is_heard(performance: Performance, cell: Cell) -> None:
    await performance.result(cell)
