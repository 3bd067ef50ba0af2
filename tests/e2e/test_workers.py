"""Gateway and providers as two workers each: one address, one limit, one page of metrics, and none of them missed."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pyqwest
import pytest

from bench.kills.books import ledger
from chassis import keys
from chassis.workers.kept_page import PAGE
from simulator import Behaviour, Constant, ErrorStatus, Simulator
from tests.e2e.load import load, once_in_the_ledger
from tests.e2e.system import MANIFEST, System, running_system
from tests.stack.eventually import PATIENCE, eventually

LIMIT = 600
NARROW = keys.generate()
PROJECTS = f"""projects:
  - name: narrow
    limits: {{requests_per_minute: {LIMIT}}}
    keys: [{{name: ci, value: env:NARROW_KEY, role: developer}}]
"""
COUNTED = re.compile(rb"^seawall_gateway_request_duration_seconds_count\{.*\} ([0-9.e+]+)$", re.MULTILINE)
CHATS = "{}/v1/chat/completions"
HELLO = b'{"model": "chat", "messages": [{"role": "user", "content": "hello"}]}'
WORKERS = ("worker-0", "worker-1")


def written(simulator: Simulator) -> str:
    alpha, beta = (simulator.vendor(name).base_url for name in ("alpha", "beta"))
    return MANIFEST.format(alpha=alpha, beta=beta, receivers="  []").replace("projects:\n", PROJECTS)


@pytest.fixture(name="system", scope="module")
async def _system() -> AsyncIterator[System]:
    two = {"SEAWALL_WORKERS": "2", "SEAWALL_HOP_STREAMS": "2", "NARROW_KEY": NARROW}
    async with running_system(manifest=written, environment=two) as system:
        yield system


def workers(system: System, service: str = "gateway") -> list[int]:
    """Process ids of a service's workers."""
    keeper = system.services[service].pid
    return [int(pid) for pid in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()]


def counted(page: bytes) -> int:
    return int(sum(float(count) for count in COUNTED.findall(page)))


def shown(system: System, worker: str) -> bytes:
    """What this worker told when the page was asked for last."""
    return (system.directory / "gateway" / worker / PAGE).read_bytes()


async def page(system: System) -> bytes:
    return (await system.get(system.http() + "/metrics")).body


def told(system: System, event: str) -> int:
    """How often the gateway's processes logged this."""
    return (system.directory / "gateway" / "log").read_text().count(f'"event": "{event}"')


def last_words(system: System) -> str:
    return system.services["gateway"].last_words()


async def afresh(system: System, count: int) -> set[str]:
    """Ask so many requests, each over a new connection, as those are what is dealt out; the ids of the answers."""
    headers = {"authorization": f"Bearer {system.key}", "content-type": "application/json"}
    answered = set()
    for _ in range(count):
        client = pyqwest.Client(pyqwest.HTTPTransport(timeout=PATIENCE))
        answer = await client.post(CHATS.format(system.http()), headers, HELLO)
        assert answer.status == 200
        answered.add(answer.headers["x-seawall-request-id"])
    return answered


async def both_serve(system: System) -> None:
    """Return once each worker has answered requests."""

    async def check() -> bool:
        await afresh(system, 4)
        await page(system)
        return all(counted(shown(system, worker)) for worker in WORKERS)

    await eventually(check)


async def test_a_worker_that_is_killed_is_missed_by_nobody_for_long_and_loses_nothing(system: System) -> None:
    assert await ledger(system) == [], "this comes first"
    await eventually(lambda: told(system, "started") == len(WORKERS))  # ready is who of them came first
    kills = 3
    async with load(system) as seen:
        for _ in range(kills):
            await seen.more(100)
            starts, was = told(system, "started"), counted(await page(system))
            os.kill(workers(system)[0], signal.SIGKILL)
            await seen.more(50)
            await eventually(lambda starts=starts: told(system, "started") > starts)  # type: ignore[misc]
            assert counted(await page(system)) >= was, "what the dead one had counted is counted on"
    kept = await once_in_the_ledger(system, seen.answered)
    assert len(kept - seen.answered) <= len(seen.refused)
    assert len(seen.refused) <= 8 * kills, (
        f"connections to the dead one break, and no others; each tenth: {seen.refused[::10]}\n{last_words(system)}"
    )
    await both_serve(system)


async def test_two_workers_serve_one_address_and_show_one_page_of_metrics(system: System) -> None:
    assert len(workers(system)) == len(workers(system, "providers")) == 2
    await both_serve(system)
    whole = counted(await page(system))
    for _ in range(10):
        assert counted(await page(system)) == whole
    assert sum(counted(shown(system, worker)) for worker in WORKERS) == whole


async def test_a_breaker_that_one_worker_opens_is_open_in_the_other(system: System) -> None:
    alpha = system.simulator.vendor("alpha")
    alpha.set("small", Behaviour(faults=(ErrorStatus(status=500),)))
    opened = re.compile(rb'seawall_gateway_breaker_transitions_total\{.*state="open".*target="alpha/small"')

    async def everywhere() -> bool:
        await page(system)
        return all(opened.search(shown(system, worker)) for worker in WORKERS)

    async with load(system, callers=1) as seen:
        try:
            await eventually(everywhere)
        except AssertionError as error:
            raise AssertionError(f"{error}; by {seen.by}, not {seen.refused[-3:]}\n{last_words(system)}") from error
    alpha.set("small", Behaviour())


@pytest.mark.alone  # a Redis that does not answer in time is gone on without, with a burst more
async def test_one_limit_holds_for_both_workers(system: System) -> None:
    url = CHATS.format(system.http())
    lost = told(system, "Redis does not answer: each gateway goes by itself")
    began, answers = time.monotonic(), []

    async def ask() -> None:
        answers.extend([(await system.post(url, HELLO, key=NARROW)).status for _ in range(LIMIT // 20)])

    await asyncio.gather(*(ask() for _ in range(32)))
    allowed = LIMIT + (time.monotonic() - began) * LIMIT / 60
    print(f"{answers.count(200)} of {len(answers)} passed; the limit allows {allowed:.0f}")
    assert told(system, "Redis does not answer: each gateway goes by itself") == lost
    assert set(answers) == {200, 429}
    assert 0.9 * LIMIT <= answers.count(200) <= allowed


async def test_told_to_stop_both_answer_what_they_have_begun(system: System) -> None:
    for vendor in ("alpha", "beta"):  # a breaker that was opened before is no matter
        system.simulator.vendor(vendor).set("small", Behaviour(first_byte=Constant(seconds=2.5)))
    asked = [asyncio.create_task(system.chat()) for _ in range(16)]
    in_flight = re.compile(rb"^seawall_gateway_requests_in_flight(?:\{.*\})? 16(?:\.0)?$", re.MULTILINE)

    async def under_way() -> bool:
        return in_flight.search(await page(system)) is not None

    await eventually(under_way, every=0.01)
    gateway = system.services["gateway"]
    await gateway.stop()
    assert [answer.status for answer in await asyncio.gather(*asked)] == [200] * 16
    assert told(system, "stopped") == 2
    assert told(system, "did not drain in time") == 0
    for vendor in ("alpha", "beta"):
        system.simulator.vendor(vendor).set("small", Behaviour())
    await system.start("gateway")


async def test_what_waits_in_the_journals_of_workers_that_are_no_more_is_shipped_by_who_comes_after(
    system: System,
) -> None:
    await both_serve(system)
    await system.stores.kafka.stop()
    answered = await afresh(system, 60)
    for pid in workers(system):
        os.kill(pid, signal.SIGSTOP)
    gateway = system.services["gateway"]
    for pid in [*workers(system), gateway.pid]:
        os.kill(pid, signal.SIGKILL)
    await eventually(lambda: not gateway.running)
    system.add("fewer", "gateway", SEAWALL_DATA_DIR=str(system.directory / "gateway"), SEAWALL_WORKERS="1")
    await system.services["fewer"].start()
    await system.stores.kafka.start()
    await eventually(lambda: not list((system.directory / "gateway").glob("worker-*/journal")), every=0.5)
    await once_in_the_ledger(system, answered)
