"""Every case of the table, with every caller. They run side by side; each test waits for its own."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.conformance import report
from tests.conformance.case import Caller, Case
from tests.conformance.perform import Performance
from tests.conformance.table import CASES
from tests.e2e.system import System


@pytest.fixture(name="performance", scope="module")
async def _performance(system: System, request: pytest.FixtureRequest) -> AsyncIterator[Performance]:
    performance = Performance(system)
    items = [item for item in request.session.items if item.path == request.path]
    wanted = [item.callspec.params for item in items if hasattr(item, "callspec")]
    performance.begin((one["case"], one["caller"]) for one in wanted)
    yield performance
    await performance.close()


@pytest.mark.parametrize("caller", Caller)
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_every_fault_ends_in_the_answer_or_a_clear_error(
    performance: Performance, case: Case, caller: Caller, record_property: Callable[[str, object], None]
) -> None:
    record_property(report.CASE, f"{case.name}.{caller}")
    await performance.result(case, caller)
