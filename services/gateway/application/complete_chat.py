"""The main line: what happens to one request, from its key to its record."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from events.requests import Outcome
from resilience.errors import Failure, Reason
from services.gateway.application.degrade import AnswerOrDegrade
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Frame
from services.gateway.application.recall import Recall
from services.gateway.application.settle import Settle
from services.gateway.application.shadow import Shadow

Stage = Callable[[Exchange], Awaitable[None]]
Complete = Callable[[Exchange], AsyncGenerator[Frame, None]]
"""The main line, or what stands around it."""


class CompleteChat:
    """`stages`: authenticate, shed, admit, guard; then recall, else plan and attempt; then settle and the end."""

    def __init__(
        self,
        *,
        stages: Sequence[Stage],
        recall: Recall,
        plan: Stage,
        shadow: Shadow,
        attempt: AnswerOrDegrade,
        settle: Settle,
    ) -> None:
        self._stages = stages
        self._recall = recall
        self._plan = plan
        self._shadow = shadow
        self._attempt = attempt
        self._settle = settle

    async def __call__(self, exchange: Exchange) -> AsyncGenerator[Frame, None]:
        """Yield the answer's frames, the last with `end`. Raises Failure; once frames were yielded, it broke off.

        Whatever the end, the journal has the record before the caller sees the end. Close the generator where the
        caller left: the vendor's call is then cancelled.
        """
        try:
            for stage in self._stages:
                await stage(exchange)
            async with aclosing(await self._recall(exchange, self._ask)) as frames:
                async for frame in frames:
                    if frame.dropped:
                        exchange.dropped = tuple(dict.fromkeys((*exchange.dropped, *frame.dropped)))
                    if frame.end:
                        await self._settle(exchange, Outcome.SUCCEEDED)
                    yield frame
        except Failure as failure:
            await self._settle(exchange, Outcome.FAILED, failure.reason)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            await self._settle(exchange, Outcome.CANCELLED, Reason.CANCELLED)
            raise
        except Exception:
            await self._settle(exchange, Outcome.FAILED, Reason.INTERNAL)
            raise

    async def _ask(self, exchange: Exchange) -> AsyncGenerator[Frame, None]:
        await self._plan(exchange)
        self._shadow(exchange)
        return self._attempt(exchange)
