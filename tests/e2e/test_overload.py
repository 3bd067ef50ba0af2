"""Five times more requests than the vendor can take, and vendors that fail altogether; the figures are for bench/."""

from collections.abc import AsyncIterator

import pytest

from bench.callers import Callers
from bench.overload.crowd import CLASSES, crowd
from bench.overload.outage import FAULTS, outage
from bench.site import Site, manifest
from simulator import Behaviour, Constant
from tests.e2e.site import site_of
from tests.e2e.system import System, running_system
from tests.stack.eventually import eventually

pytestmark = pytest.mark.alone

SLOTS, SERVICE_TIME = 8, 0.4
CAPACITY = SLOTS / SERVICE_TIME
"""Of the vendor, a second: so little that it is the bottleneck and not the machine, slow as it may be."""
TARGETS = {name: {"provider": name, "model": "small"} for name in ("alpha", "beta")}
MODELS = {"one": {"targets": [TARGETS["alpha"]]}, "two": {"targets": list(TARGETS.values())}}
FLAT_MB = 40.0
BEGINNING = 25.0
"""Calls beyond the requests that find out that a target fails, and then look whether it still does."""
IN_A_ROW = 5
"""Answers of each class that say that all is well."""


@pytest.fixture(name="system", scope="module")
async def _system() -> AsyncIterator[System]:
    async with running_system(manifest=manifest(MODELS, criticality="critical")) as system:
        yield system


async def all_is_well(site: Site, model: str) -> None:
    """Wait until callers of every class are answered, time and again."""
    callers = Callers(site)

    async def answered() -> bool:
        return all(
            [(await callers.ask(model, criticality=label)).succeeded for label in CLASSES for _ in range(IN_A_ROW)]
        )

    await eventually(answered)


async def test_what_matters_most_is_answered_in_an_overload_and_everything_when_it_is_over(system: System) -> None:
    full = Behaviour(first_byte=Constant(seconds=SERVICE_TIME), slots=SLOTS, queue=1000)
    system.simulator.vendor("alpha").set(None, full)
    met = await crowd(site_of(system), "one", per_second=5 * CAPACITY, seconds=15.0, after=5.0, calm=CAPACITY / 4)
    success = {label: met.success(label) for label in CLASSES}
    print(", ".join(f"{label} {share:.1%}" for label, share in success.items()), end="")
    print(f"; {met.goodput:.0f} a second; refused for {met.recovered_after:.1f} s after it was over; {met.taken}")
    print(f"{len(met.shed)} shed: p50 {met.shed_quantile(0.5):.0f} ms, p99 {met.shed_quantile(0.99):.0f} ms")
    assert success["critical"] >= 0.99
    assert success["sheddable"] < success["default"] < success["critical"]
    assert met.hung == []
    assert met.otherwise == {}
    assert all(int(one.retry_after) >= 1 for one in met.shed)
    assert met.goodput > 0.6 * CAPACITY, "it refuses more than it must"
    for name, before in met.taken.before.items():
        assert met.taken.peak[name] < before + FLAT_MB, name
    await all_is_well(site_of(system), "one")


async def test_vendors_that_fail_altogether_are_asked_hardly_more_often_than_there_are_requests(system: System) -> None:
    for fault in FAULTS:
        for model, route in MODELS.items():
            met = await outage(site_of(system), model, FAULTS[fault], per_second=25.0, seconds=5.0, after=3.0)
            print(f"{fault}, {model}: {met.calls} calls for {met.requests} requests, of which {met.ends}")
            # Without a budget it would be twice the requests and more; so short an outage is mostly its beginning.
            assert sum(met.calls.values()) <= met.allowed(floor=BEGINNING * len(route["targets"]))
            await all_is_well(site_of(system), model)
