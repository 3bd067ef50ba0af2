"""The soak itself: callers that ask, vendors that misbehave, an auditor that follows."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from bench.processes import resident_mb
from bench.site import Manifest, Site, manifest
from bench.soak.audit import PRICES, SETTLING, Auditor, Findings
from bench.soak.callers import Callers, Told
from bench.soak.question import Curiosity
from bench.soak.vendors import Books
from simulator.scripts import random_script

ROUTE_TIMEOUT = 15.0
ALPHA, BETA = "alpha", "beta"
MODELS = ("chat", "quick", "lone")
PAUSE = 0.25
"""Seconds that a caller thinks, on average."""
AUDITORS = 64
FORGIVEN_MB = 150.0
"""That a service may take more at the end than when it was warm."""


@dataclass(frozen=True)
class Result:
    """What came of it."""

    findings: Findings
    asked: int
    in_ledger: int
    """Requests that the ledger has."""
    memory: Mapping[str, tuple[float, float]]
    """Service → megabytes when it was warm, and at the end."""

    @property
    def violations(self) -> dict[str, int]:
        """What must not be, and how often it was."""
        found = dict(self.findings.violations)
        for name, (warm, end) in self.memory.items():
            if end > warm + FORGIVEN_MB:
                found[f"{name} grew from {warm:.0f} to {end:.0f} MB"] = 1
        if self.in_ledger > self.asked:
            found["the ledger has more requests than were made"] = self.in_ledger - self.asked
        return found


def written() -> Manifest:
    """Three routes: in order, by speed, and to one target alone."""
    policy = {"timeout": f"{ROUTE_TIMEOUT:g}s"}
    small, large = ([{"provider": name, "model": model} for name in (ALPHA, BETA)] for model in ("small", "large"))
    routes = {
        "chat": {"targets": small, "policy": policy},
        "quick": {"strategy": "fastest", "targets": [*small, *large], "policy": policy},
        "lone": {"targets": large[:1], "policy": policy},
    }
    prices = []
    for target, (input_, output) in PRICES.items():
        provider, _, model = target.partition("/")
        prices.append({"provider": provider, "model": model, "input": input_, "output": output})
    return manifest(routes, prices=prices)


async def soak(site: Site, *, seconds: float, seed: int, callers: int) -> Result:
    """Ask for `seconds`; return when the ledger has been compared with all of it."""
    books, findings = Books(site.simulator), Findings()
    auditor = Auditor(site, books, findings, usual=ROUTE_TIMEOUT)
    asking, curiosity, rng = Callers(site), Curiosity(seed, MODELS), random.Random(seed)
    ended: asyncio.Queue[Told | None] = asyncio.Queue()
    # It plays on until nobody asks any more: healed vendors give answers of another length.
    await site.simulator.play(random_script(seed, seconds + 120.0, (ALPHA, BETA), ("small", "large")))
    until = time.monotonic() + seconds
    warm: dict[str, float] = {}

    async def ask_on() -> None:
        while time.monotonic() < until:
            told = await asking.ask(curiosity.next())
            auditor.heard(told)
            ended.put_nowait(told)
            await asyncio.sleep(rng.expovariate(1.0 / PAUSE))

    async def audit() -> None:
        while (told := await ended.get()) is not None:
            await asyncio.sleep(max(0.0, told.ended + SETTLING - time.monotonic()))
            await auditor.settled(told)

    async def look() -> None:
        await asyncio.sleep(min(60.0, seconds / 4))
        warm.update({name: resident_mb(pid) for name, pid in site.pids.items()})

    try:
        async with asyncio.TaskGroup() as auditing:
            for _ in range(AUDITORS):
                auditing.create_task(audit())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(look())
                for _ in range(callers):
                    tasks.create_task(ask_on())
            for _ in range(AUDITORS):
                ended.put_nowait(None)
    finally:
        await asking.close()
        for vendor in site.simulator.vendors.values():
            await vendor.heal()
    asked = sum(findings.ends.values())
    memory = {name: (warm[name], resident_mb(pid)) for name, pid in site.pids.items()}
    return Result(findings, asked, await auditor.requests(), memory)
