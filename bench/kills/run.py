"""One run: the system under load, killed by the schedule, drained, and audited."""

import asyncio
import contextlib
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.kills import books, ledger, order
from bench.kills.crowd import Callers, Crowd
from bench.kills.findings import Findings
from bench.kills.ledger import Gap
from bench.kills.schedule import Kill
from bench.kills.weather import MODELS, WELL, Changes, manifest, targets_fail_and_heal
from events.topics import ALERTS, BREAKERS, CONFIG, HEALTH, REQUESTS
from simulator.recorder import Recorder
from tests.e2e.system import SERVICES, WEBHOOK_SECRET, System, running_system
from tests.stack.eventually import eventually
from tests.stack.webhook import Received, WebhookSink

CALLERS = 16
AGAIN_EVERY = 0.3
DRAIN = 180.0
"""Seconds for all that happened to arrive everywhere."""
ENTRIES = """
SELECT r.request_id, r.trace_id, r.outcome, r.input_tokens, r.output_tokens, r.cost_nanos, d.attempts::text AS attempts
FROM monitor.requests r JOIN monitor.request_details d USING (organization, request_id)
"""


class Executioner:
    """Kills by the schedule, and starts what it killed at once."""

    def __init__(self, system: System, crowd: Crowd, kills: Sequence[Kill]) -> None:
        self._system = system
        self._crowd = crowd
        self._kills = kills
        self._coming_back: list[asyncio.Task[Gap]] = []
        self.gaps: list[Gap] = []

    async def work(self) -> None:
        """Return once the last killed service serves again."""
        for kill in self._kills:
            await self._crowd.reached(kill.after)
            begin = time.time()
            await self._system.services[kill.service].kill()
            await self._system.services[kill.service].start()
            self._coming_back.append(asyncio.create_task(self._back(kill.service, begin)))
        self.gaps += await asyncio.gather(*self._coming_back)

    async def _back(self, service: str, begin: float) -> Gap:
        """Where it is killed again before it serves, this one ends as late as that one."""
        await self._system.ready(service)
        return Gap(service, begin, time.time())


async def run(
    *, events: int, kills: Sequence[Kill], per_second: float, seed: int, logs: Path | None = None
) -> Findings:
    """Play it through and say what was found."""
    async with WebhookSink() as sink, _system(sink, logs) as system:
        for vendor in system.simulator.vendors.values():
            vendor.recorder = Recorder(keep=3 * events, keep_bodies=3 * events)
            vendor.set(None, WELL)
        callers, changes = Callers(system, MODELS, seed=seed), Changes()
        executioner = Executioner(system, callers.crowd, kills)
        async with _beside(
            targets_fail_and_heal(system.simulator),
            changes.go_on(system),
            _ask_again(callers, random.Random(seed)),
        ):
            killing = asyncio.create_task(executioner.work())
            await callers.ask(events, callers=CALLERS, per_second=per_second)
            await killing
        findings = Findings()
        findings.figures["kills"] = dict(Counter(gap.service for gap in executioner.gaps))
        findings.figures["longest until ready again"] = round(max(gap.end - gap.begin for gap in executioner.gaps), 1)
        findings.figures["seconds to drain"] = await _drain(system, callers.crowd)
        for one in callers.crowd.asked:
            if one.cut and one.answered_at:
                await callers.ask_again(one)
        _heard(findings, callers.crowd)
        await _audit(findings, system, callers, changes, executioner.gaps)
        alerts = sum(kill.service == "alerts" for kill in kills)
        findings.add(await _audit_alerts(system, lambda: sink.requests, alerts))
        return findings


@asynccontextmanager
async def _system(sink: WebhookSink, logs: Path | None) -> AsyncIterator[System]:
    async with running_system(
        manifest=lambda simulator: manifest(simulator, f"{sink.url}/ops"),
        environment={"WEBHOOK_SECRET": WEBHOOK_SECRET},
    ) as system:
        try:
            yield system
        finally:
            if logs is not None:
                for service in SERVICES:
                    shutil.copy(system.directory / service / "log", logs / f"{service}.log")


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """`work` goes on for as long as the context lasts. Raises what ended one of them before that."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ask_again(callers: Callers, rng: random.Random) -> None:
    """Ask now and then what was answered before, until cancelled."""
    while True:
        await asyncio.sleep(AGAIN_EVERY)
        answered = (
            [one for one in rng.choices(callers.crowd.asked, k=10) if one.answered_at] if callers.crowd.asked else []
        )
        if answered:
            await callers.ask_again(answered[0])


async def _drain(system: System, crowd: Crowd) -> float:
    """Seconds until all that happened has arrived everywhere."""
    begin = time.monotonic()
    told = set(crowd.told())

    async def drained() -> bool:
        missing = told - set(await books.ledger(system))
        assert not missing, f"{len(missing)} requests are not in the ledger"
        held = await books.waiting(system)
        assert not held, f"outboxes: {held}"
        behind = await books.lag(system)
        assert not behind, f"consumers: {behind}"
        (due,) = await books.rows(system, "SELECT count(*) AS n FROM alerts.deliveries WHERE state = 'waiting'")
        assert not due["n"], f"{due['n']} notifications wait"
        return True

    with contextlib.suppress(AssertionError):  # what did not arrive is for the audit to find
        await eventually(drained, within=DRAIN, every=1.0)
    return round(time.monotonic() - begin, 1)


async def _audit(findings: Findings, system: System, callers: Callers, changes: Changes, gaps: Sequence[Gap]) -> None:
    crowd = callers.crowd
    entries = await books.rows(system, ENTRIES)
    stories = ledger.tell(crowd, entries, ledger.calls_by_key(system.simulator))
    ledger.check_entries(findings, crowd, entries)
    ledger.check_topic(findings, await books.written(system, REQUESTS), entries)
    ledger.check_vendor(findings, stories, gaps)
    audit = await books.rows(system, "SELECT version, resource, action FROM config.audit")
    order.check_config(findings, await books.written(system, CONFIG), [tuple(row) for row in audit], changes)
    order.check_breakers(findings, await books.written(system, BREAKERS))
    findings.violated("dead letters", await books.dead_letters(system))
    findings.violated("outboxes hold", list((await books.waiting(system)).items()))
    for service in SERVICES:
        if (await system.get(system.http(service) + "/health/ready")).status != 200:
            findings.violated("not ready", [service])


async def _audit_alerts(system: System, notified: Callable[[], Sequence[Received]], kills: int) -> Findings:
    """Monitor may still pass a verdict while this reads: what is not so at first is looked at again."""
    findings = Findings()

    async def agrees() -> bool:
        nonlocal findings
        findings = Findings()
        verdicts = order.check_health(findings, await books.written(system, HEALTH))
        told = order.check_alerts(findings, await books.written(system, ALERTS), verdicts)
        heard = [
            (one.headers["webhook-id"], one.json()["data"]["alert_id"], one.json()["data"]["state"])
            for one in notified()
        ]
        order.check_notifications(findings, heard, told, kills)
        return not findings.violations

    with contextlib.suppress(AssertionError):
        await eventually(agrees, within=30.0, every=1.0)
    return findings


def _heard(findings: Findings, crowd: Crowd) -> None:
    """Figures of what callers heard."""
    findings.figures |= {
        "requests finished": crowd.events,
        "answered": crowd.answered,
        "given again, and the same": crowd.given_again - len(crowd.wrong),
        "errors": dict(Counter(refusal.code for one in crowd.asked for refusal in one.refusals)),
        "connections cut": sum(one.cut for one in crowd.asked),
        "of them answered from what was kept": sum(one.replayed for one in crowd.asked),
        "nobody listened": sum(one.unheard for one in crowd.asked),
        "seconds of load": round(crowd.seconds, 1),
        "requests a second": round(crowd.events / crowd.seconds, 1),
    }
