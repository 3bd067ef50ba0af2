"""What monitor does by itself, again and again."""

import structlog

from chassis.ticks import every
from resilience.clock import Clock
from services.monitor import metrics
from services.monitor.application.forget import Forget
from services.monitor.application.judge_targets import JudgeTargets

JUDGE_EVERY = 1.0
FORGET_EVERY = 60.0

log = structlog.stdlib.get_logger("monitor.ticks")


class Ticks:
    """The clockwork; see `every` for what becomes of a tick that fails."""

    def __init__(self, judge: JudgeTargets, forget: Forget, clock: Clock) -> None:
        self._judge = judge
        self._forget = forget
        self._clock = clock

    async def judge(self) -> None:
        """Judge targets each second, until cancelled."""
        await every(JUDGE_EVERY, "judging", self._judge_once, self._clock)

    async def forget(self) -> None:
        """Forget what is too old each minute, until cancelled."""
        await every(FORGET_EVERY, "forgetting", self._forget_once, self._clock)

    async def _judge_once(self) -> None:
        for change in await self._judge():
            judgement = change.new.judgement
            metrics.verdict_changes.add(1, {"verdict": judgement.verdict.value})
            log.info(
                "verdict changed",
                organization=change.new.name.organization,
                target=change.new.name.target,
                verdict=judgement.verdict.value,
                previous=change.previous.judgement.verdict.value,
                explanation=judgement.explanation,
            )

    async def _forget_once(self) -> None:
        metrics.forgotten.add(await self._forget())
