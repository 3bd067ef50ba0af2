"""Callers that ask again and again, and remember what they were answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pyqwest

from bench.kills.books import ledger
from tests.e2e.system import System
from tests.stack.eventually import PATIENCE, eventually


@dataclass
class Load:
    """What callers saw."""

    answered: set[str] = field(default_factory=set)
    """Ids of requests whose whole answer arrived."""
    refused: list[str] = field(default_factory=list)
    """What stood in place of an answer."""
    by: dict[str, int] = field(default_factory=dict)
    """Target → how often it answered."""

    async def more(self, count: int, within: float = PATIENCE) -> None:
        """Return once `count` more requests were answered than now."""
        before = len(self.answered)
        await eventually(lambda: len(self.answered) >= before + count, within=within)


async def once_in_the_ledger(system: System, answered: set[str]) -> set[str]:
    """All requests that the ledger has once it has those that were answered; it has each of them once."""

    async def complete() -> bool:
        assert answered <= set(await ledger(system))
        return True

    await eventually(complete, every=0.5)
    kept = await ledger(system)
    assert len(kept) == len(set(kept))
    return set(kept)


@asynccontextmanager
async def load(system: System, *, callers: int = 8, pause: float = 0.02) -> AsyncIterator[Load]:
    """`callers` callers ask for as long as the context lasts; each waits `pause` seconds between its requests."""
    seen = Load()
    stop = asyncio.Event()

    async def ask() -> None:
        while not stop.is_set():
            try:
                answer = await system.chat("under load")
            except (OSError, pyqwest.RemoteProtocolError, pyqwest.ReadError, pyqwest.WriteError) as error:
                seen.refused.append(repr(error))
                await asyncio.sleep(0.1)
            else:
                if answer.status == 200:
                    target = answer.headers["x-seawall-target"]
                    seen.answered.add(answer.headers["x-seawall-request-id"])
                    seen.by[target] = seen.by.get(target, 0) + 1
                else:
                    seen.refused.append(answer.body.decode(errors="replace"))
            await asyncio.sleep(pause)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(callers):
            tasks.create_task(ask())
        try:
            yield seen
        finally:
            stop.set()
