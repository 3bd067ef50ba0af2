"""Performs cells against a running system, and judges both ends of each."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace

from simulator import Call
from tests.e2e.system import System
from tests.matrix.asked import Asked, Caller, Heard
from tests.matrix.callers import CallerName
from tests.matrix.callers.anthropic_messages import AnthropicMessages
from tests.matrix.callers.grpc_chat import GrpcChat
from tests.matrix.callers.openai_chat import OpenAIChat
from tests.matrix.callers.openai_responses import OpenAIResponses
from tests.matrix.cells import Cell
from tests.matrix.features import Shape
from tests.matrix.judge import judge_answer, judge_error, judge_request, results_of

WITHIN = 45.0
"""Seconds that a cell may take at most, on a slow machine."""


class Performance:
    """Performs cells, some at a time: so few that no gateway takes them for a crowd, however slow the machine is."""

    def __init__(self, system: System, *, at_once: int = 12) -> None:
        self._system = system
        self._callers: dict[CallerName, Caller] = {
            CallerName.CHAT: OpenAIChat(system),
            CallerName.RESPONSES: OpenAIResponses(system),
            CallerName.MESSAGES: AnthropicMessages(system),
            CallerName.GRPC: GrpcChat(system),
        }
        self._turn = asyncio.Semaphore(at_once)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, cells: Iterable[Cell]) -> None:
        """Start these, in their order, as turns come free."""
        for cell in cells:
            self._tasks[cell.name] = asyncio.create_task(self._perform(cell))

    async def result(self, cell: Cell) -> None:
        """Return once all of a cell is known to be right. Raises AssertionError where it is not."""
        await self._tasks[cell.name]

    async def close(self) -> None:
        """Nothing is under way."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        for caller in self._callers.values():
            await caller.close()

    async def _perform(self, cell: Cell) -> None:
        async with self._turn, asyncio.timeout(WITHIN):
            for shape in cell.feature.shapes:
                await self._ask(cell, shape)

    async def _ask(self, cell: Cell, shape: Shape) -> None:
        vendor = self._system.simulator.vendor(cell.vendor.name)
        vendor.set(cell.model(shape), cell.behaviour)
        asked = cell.feature.asked
        heard = await self._exchange(cell, shape, asked)
        if heard.calls:
            answered = replace(asked, said=heard.said, results=results_of(heard))
            await self._exchange(cell, shape, answered)

    async def _exchange(self, cell: Cell, shape: Shape, asked: Asked) -> Heard:
        heard = await self._callers[cell.caller].ask(cell.asked_for(shape), asked, stream=shape is Shape.STREAM)
        calls = self._calls(cell, shape)
        try:
            if cell.refused is not None:
                judge_error(cell, shape, heard)
                assert len(calls) == cell.calls, "calls at the vendor"
                return heard
            judge_answer(cell, shape, asked, heard, calls[-1])
            body = json.loads(calls[-1].body or b"")
            judge_request(cell, shape, asked, cell.vendor.reader(body), calls[-1])
        except Exception as wrong:
            seen = [(call.outcome, (call.body or b"")[:2000]) for call in calls]
            raise AssertionError(f"{shape}: {wrong!r}\nheard: {heard}\nthe vendor saw: {seen}") from wrong
        return heard

    def _calls(self, cell: Cell, shape: Shape) -> list[Call]:
        return [
            call for call in self._system.simulator.vendor(cell.vendor.name).calls if call.model == cell.model(shape)
        ]
