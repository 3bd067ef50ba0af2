"""Everything that Seawall runs on is stopped, one at a time, under load; requests are answered throughout."""

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import pyqwest
import pytest

from bench.kills.ledger import calls_by_key, cost_nanos
from bench.kills.weather import PRICES
from simulator import Simulator
from simulator.recorder import Recorder
from tests.e2e.system import Answer, System, running_system
from tests.stack.eventually import PATIENCE, eventually

pytestmark = pytest.mark.alone

MANIFEST = """
organization: acme
providers:
  - {{name: alpha, vendor: openai-compatible, base_url: "{alpha}", keys: [env:VENDOR_KEY]}}
  - {{name: beta, vendor: openai-compatible, base_url: "{beta}", keys: [env:VENDOR_KEY]}}
models:
  - name: plain
    route: {{targets: [{{provider: alpha, model: m}}, {{provider: beta, model: m}}], policy: {{hedge: "off"}}}}
  - name: cached
    route:
      targets: [{{provider: alpha, model: m}}, {{provider: beta, model: m}}]
      policy: {{hedge: "off", cache: {{ttl: 1h}}}}
prices:
{prices}
projects:
  - name: shop
    limits: {{requests_per_minute: 1000000}}
    keys: [{{name: ci, value: env:CI_KEY, role: owner}}]
"""
PRICE = '  - {{provider: {provider}, model: m, input: "{input}", output: "{output}"}}'
CALLERS = 4
QUESTIONS = 20
"""That are asked again and again."""


@dataclass
class Seen:
    """What callers saw."""

    answered: set[str] = field(default_factory=set)
    """Ids of requests."""
    answers: int = 0
    refused: list[str] = field(default_factory=list)
    """What stood in place of an answer."""
    same: int = 0
    """Second answers under a key, equal to the first."""
    cached: Counter[str] = field(default_factory=Counter)
    """What was said of the cache, by how often."""
    keys: set[str] = field(default_factory=set)
    slowest: float = 0.0
    """Seconds."""

    async def more(self, count: int, within: float = PATIENCE) -> None:
        """Return once `count` more answers came than now."""
        before = self.answers
        await eventually(lambda: self.answers >= before + count, within=within)


def manifest(simulator: Simulator) -> str:
    """What is configured; without hedging, so that each token at a vendor's is a caller's."""
    urls = {name: vendor.base_url for name, vendor in simulator.vendors.items()}
    prices = "\n".join(
        PRICE.format(provider=provider, input=input_, output=output) for provider, (input_, output) in PRICES.items()
    )
    return MANIFEST.format(**urls, prices=prices)


async def ask(system: System, seen: Seen, model: str, text: str, key: str = "") -> Answer | None:
    """One answer; None where there is none."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()
    headers = {"idempotency-key": key} if key else {}
    began = time.monotonic()
    try:
        answer = await system.post(f"{system.http()}/v1/chat/completions", body, headers=headers)
    except (OSError, pyqwest.RemoteProtocolError, pyqwest.ReadError, pyqwest.WriteError) as error:
        seen.refused.append(repr(error))
        return None
    seen.slowest = max(seen.slowest, time.monotonic() - began)
    if answer.status != 200:
        seen.refused.append(answer.body.decode(errors="replace"))
        return None
    seen.answers += 1
    seen.answered.add(answer.headers["x-seawall-request-id"])
    return answer


async def ask_in_turn(system: System, seen: Seen, numbers: Iterator[int], stop: asyncio.Event) -> None:
    """Plainly, twice under one key, and what was asked before; until told to stop."""
    while not stop.is_set():
        number = next(numbers)
        await ask(system, seen, "plain", f"plain {number}")
        key = f"key {number}"
        first = await ask(system, seen, "plain", key, key)
        second = await ask(system, seen, "plain", key, key)
        if first is not None and second is not None:
            assert (second.body, second.headers["idempotent-replayed"]) == (first.body, "true")
            seen.same += 1
            seen.keys.add(key)
        known = await ask(system, seen, "cached", f"question {number % QUESTIONS}")
        if known is not None:
            seen.cached[known.headers["x-seawall-cache"]] += 1
        await asyncio.sleep(0.02)


@asynccontextmanager
async def load(system: System, numbers: Iterator[int]) -> AsyncIterator[Seen]:
    """CALLERS callers ask for as long as the context lasts."""
    seen, stop = Seen(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(CALLERS):
            tasks.create_task(ask_in_turn(system, seen, numbers, stop))
        try:
            yield seen
        finally:
            stop.set()


async def stop(system: System, what: str) -> None:
    if what in system.services:
        await system.services[what].stop()
    else:
        await getattr(system.stores, what).stop()


async def start(system: System, what: str) -> None:
    if what in system.services:
        await system.start(what)
    else:
        await getattr(system.stores, what).start()


def vendors_cost(system: System) -> Decimal:
    """US dollars, by what vendors that are asked count of tokens."""
    nanos = 0
    for name in PRICES:
        counted = system.simulator.vendor(name).counters()
        nanos += cost_nanos(name, int(str(counted["prompt_tokens"])), int(str(counted["completion_tokens"])))
    return Decimal(nanos) / 1_000_000_000


@pytest.fixture(name="system", scope="module")
async def _system() -> AsyncIterator[System]:
    """One that loses one thing after another."""
    async with running_system(manifest=manifest) as system:
        yield system


async def test_each_dependency_in_turn_is_lost_and_comes_back(system: System) -> None:
    for vendor in system.simulator.vendors.values():
        vendor.recorder = Recorder(keep_bodies=100_000)
    numbers = itertools.count()
    everything: set[str] = set()
    keys: set[str] = set()
    for what in ("kafka", "redis", "postgres", "monitor", "alerts", "config"):
        async with load(system, numbers) as seen:
            await seen.more(100)
            await stop(system, what)
            await seen.more(300)
            await start(system, what)
            await seen.more(100)
        print(
            f"{what}: {seen.answers} answered, {len(seen.refused)} not;"
            f" {seen.same} keys answered twice alike; cache {dict(seen.cached)}; slowest {seen.slowest:.2f} s"
        )
        assert seen.refused == [], f"while {what} was away"
        assert seen.cached["exact"] > seen.cached["miss"], f"while {what} was away"
        everything |= seen.answered
        keys |= seen.keys
    for service in system.services:
        await system.ready(service)

    async def in_the_ledger() -> bool:
        ((row),) = (await system.rpc("MonitorService/QueryUsage", parent="organizations/-"))["rows"]
        assert int(row["requests"]) == len(everything)
        assert Decimal(row["costUsd"]) == vendors_cost(system)
        return True

    await eventually(in_the_ledger, every=0.5)
    calls = calls_by_key(system.simulator)
    assert {key: len(calls[key]) for key in keys if len(calls[key]) != 1} == {}, "a key was answered by two calls"
    print(f"{len(everything)} requests in the ledger, {vendors_cost(system)} USD there and at the vendors")


async def test_the_last_configuration_serves_when_gateway_and_providers_start_without_config(
    system: System,
) -> None:
    await system.services["config"].stop()
    for service in ("gateway", "providers"):
        await system.services[service].stop()
    await system.services["gateway"].start()

    async def only_providers_are_missed() -> bool:
        unready = await system.get(system.http() + "/health/ready")
        return bool(unready.json()["unmet"].keys() == {"providers"})

    await eventually(only_providers_are_missed)
    await system.start("providers")
    await system.ready("gateway")
    assert (await system.chat(model="plain")).status == 200
