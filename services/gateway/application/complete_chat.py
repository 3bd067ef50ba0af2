"""The main line: what happens to one request, from its key to its record."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from events.requests import Outcome
from resilience.errors import Failure, Reason
from services.gateway.application.answer import Answer, Frames, begun
from services.gateway.application.degrade import AnswerOrDegrade
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Frame
from services.gateway.application.recall import Recall
from services.gateway.application.settle import Settle
from services.gateway.application.shadow import Shadow

Stage = Callable[[Exchange], Awaitable[None]]
Complete = Callable[[Exchange], Awaitable[Answer]]
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

    async def __call__(self, exchange: Exchange) -> Answer:
        """The answer, once it has begun. Raises Failure; so does the answer where it breaks off.

        Whatever the end, the journal has the record before the caller sees the end. Close the answer where the caller
        left: the vendor's call is then cancelled.
        """
        try:
            for stage in self._stages:
                await stage(exchange)
            answer = await self._recall(exchange, self._ask)
            if answer.rest is None:
                await self._pass(exchange, answer.first)
                return answer
        except BaseException as error:
            await self._settle(exchange, *_end_by(error))
            raise
        return await begun(self._frames(exchange, answer))

    async def _ask(self, exchange: Exchange) -> Answer:
        await self._plan(exchange)
        self._shadow(exchange)
        return await self._attempt(exchange)

    async def _frames(self, exchange: Exchange, answer: Answer) -> Frames:
        try:
            async with aclosing(answer), aclosing(answer.frames()) as frames:
                async for frame in frames:
                    await self._pass(exchange, frame)
                    yield frame
        except BaseException as error:
            await self._settle(exchange, *_end_by(error))
            raise

    async def _pass(self, exchange: Exchange, frame: Frame) -> None:
        """What is done before a frame is passed on."""
        if frame.dropped:
            exchange.dropped = tuple(dict.fromkeys((*exchange.dropped, *frame.dropped)))
        if frame.end:
            await self._settle(exchange, Outcome.SUCCEEDED)


def _end_by(error: BaseException) -> tuple[Outcome, Reason]:
    """How a request ended that ended so."""
    if isinstance(error, Failure):
        return Outcome.FAILED, error.reason
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return Outcome.CANCELLED, Reason.CANCELLED
    return Outcome.FAILED, Reason.INTERNAL
