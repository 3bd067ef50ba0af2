"""A minute of random faults on real stores: nothing hangs, nothing false is told, and the bill is right."""

import json

from bench.soak.__main__ import figures
from bench.soak.soak import soak, written
from tests.e2e.site import site_of
from tests.e2e.system import running_system

SEED = 137
"""In its first minute vendors cut, reset, garble, refuse, and leave out the end."""


async def test_a_minute_of_random_faults_leaves_no_false_success_no_hang_and_a_ledger_that_agrees() -> None:
    async with running_system(manifest=written()) as system:
        result = await soak(site_of(system), seconds=60.0, seed=SEED, callers=8)
        print(json.dumps(figures(result), indent=1))
        assert result.violations == {}, result.findings.examples[:5]
        assert result.findings.ends["stop"] > 100
        assert result.findings.compared > 0.8 * result.asked
