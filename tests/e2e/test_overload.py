"""Five times more requests than the vendor can take, and vendors that fail altogether; the figures are for bench/."""

import pytest

from bench.overload.crowd import crowd
from bench.overload.outage import FAULTS, outage
from bench.site import manifest
from simulator import Behaviour, Constant
from tests.e2e.site import site_of
from tests.e2e.system import System, running_system

SLOTS, SERVICE_TIME = 16, 0.4
CAPACITY = SLOTS / SERVICE_TIME
TARGETS = {name: {"provider": name, "model": "small"} for name in ("alpha", "beta")}
MODELS = {"one": {"targets": [TARGETS["alpha"]]}, "two": {"targets": list(TARGETS.values())}}
FLAT_MB = 40.0


@pytest.mark.timeout(900)
async def test_what_matters_most_is_answered_in_an_overload_and_everything_when_it_is_over() -> None:
    async with running_system(manifest=manifest(MODELS, criticality="critical")) as system:
        full = Behaviour(first_byte=Constant(seconds=SERVICE_TIME), slots=SLOTS, queue=1000)
        system.simulator.vendor("alpha").set(None, full)
        met = await crowd(site_of(system), "one", per_second=5 * CAPACITY, seconds=15.0, after=12.0, calm=CAPACITY / 3)
        print(f"shed: p50 {met.shed_quantile(0.5):.0f} ms, p99 {met.shed_quantile(0.99):.0f} ms; {met.taken}")
        assert met.success("critical") >= 0.99
        assert met.hung == []
        assert met.otherwise == {}
        assert all(int(one.retry_after) >= 1 for one in met.shed)
        assert met.goodput > 0.8 * CAPACITY
        assert met.recovered_after < 10.0
        for name, before in met.taken.before.items():
            assert met.taken.peak[name] < before + FLAT_MB, name


async def failing_altogether(system: System, model: str, fault: str) -> None:
    met = await outage(site_of(system), model, FAULTS[fault], per_second=40.0, seconds=6.0)
    print(f"{fault}, {model}: {met.calls} calls for {met.requests} requests, normal after {met.normal_after:.1f} s")
    assert sum(met.calls.values()) <= met.allowed() + 10.0 * (len(MODELS[model]["targets"]) - 1)
    assert met.normal_after <= 10.0


@pytest.mark.timeout(900)
async def test_vendors_that_fail_altogether_are_asked_hardly_more_often_than_there_are_requests() -> None:
    async with running_system(manifest=manifest(MODELS)) as system:
        for fault in FAULTS:
            for model in MODELS:
                await failing_altogether(system, model, fault)
