"""Judges every target that attempts or breakers tell of, and tells the world of verdicts that changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from events.health import Verdict
from resilience.clock import Clock
from services.monitor.application.ports import Bench, Breakers
from services.monitor.domain.breaker import GatewayBreaker
from services.monitor.domain.statistics import TargetName
from services.monitor.domain.verdict import LONG, Judgement, Standing, Tally, judge

SEEN_AGAIN_AFTER = timedelta(minutes=1)
"""How stale a target's last sighting may grow before it is written again."""

_UNJUDGED = Judgement(Verdict.UNKNOWN, "Too few attempts to say.", 0, 0)


@dataclass(frozen=True)
class Change:
    """A verdict that changed."""

    previous: Standing
    new: Standing


class JudgeTargets:
    """One sitting judges all targets; replicas agree who holds it."""

    def __init__(self, bench: Bench, breakers: Breakers, clock: Clock) -> None:
        self._bench = bench
        self._breakers = breakers
        self._clock = clock

    async def __call__(self) -> list[Change]:
        """Hold a sitting; returns what this replica changed."""
        async with self._bench.presiding() as presides:
            return await self._sit() if presides else []

    async def _sit(self) -> list[Change]:
        now = self._clock.now()
        tallies = await self._bench.tallies(int(now.timestamp()) - LONG)
        breakers = await self._breakers.counting(now)
        names = sorted(tallies.keys() | breakers.keys())
        if not names:
            return []
        standing = dict(await self._bench.standing(names))
        newcomers = [Standing(name, _UNJUDGED, now, now) for name in names if name not in standing]
        if newcomers:
            await self._bench.seat(newcomers)
            standing |= {newcomer.name: newcomer for newcomer in newcomers}
        await self._see(standing, now)
        return [
            change
            for name in names
            if (change := await self._judge(standing[name], tallies.get(name, ()), breakers.get(name, ()), now))
        ]

    async def _see(self, standing: dict[TargetName, Standing], now: datetime) -> None:
        stale = [name for name, stands in standing.items() if now - stands.seen > SEEN_AGAIN_AFTER]
        if stale:
            await self._bench.see(stale, now)

    async def _judge(
        self, previous: Standing, seen: Sequence[Tally], breakers: Sequence[GatewayBreaker], now: datetime
    ) -> Change | None:
        judgement = judge(previous.judgement.verdict, seen, breakers, now)
        if judgement.verdict is previous.judgement.verdict:
            return None
        new = Standing(previous.name, judgement, since=now, seen=now)
        return Change(previous, new) if await self._bench.pronounce(previous, new) else None
