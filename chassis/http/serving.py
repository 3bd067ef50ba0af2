"""What the connections of one server share: the application, the time, and who is there."""

import asyncio
from email.utils import formatdate
from typing import Protocol

import structlog

from chassis.http.asgi import App
from chassis.http.limits import Limits
from chassis.http.turn import Turn

log = structlog.stdlib.get_logger("http")

CUTTING_OFF = 1.0
"""Seconds for what is cut off to say so."""


class Caller(Protocol):
    """A connection, as far as its server knows it."""

    def check(self, now: float) -> None:
        """Give up on it if it is too slow. `now`: the loop's time, in seconds."""

    def drain(self) -> None:
        """Answer what is under way, then end."""

    def abort(self) -> None:
        """End at once."""


class Serving:
    """One timer goes round all connections, as long as there are any: a timer for each would be set anew each time."""

    def __init__(self, app: App, limits: Limits) -> None:
        self.limits = limits
        self.waits = limits.waits()
        self.date = b""
        """The `date` header's line, at most a step old."""
        self._app = app
        self._loop = asyncio.get_running_loop()
        self._callers: set[Caller] = set()
        self._turns: set[Turn] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Event | None = None
        """Set once nobody is there any more."""

    def enter(self, caller: Caller) -> None:
        """Have a connection."""
        self._callers.add(caller)
        if self._timer is None:
            self._step()
        if self._ending is not None:
            caller.drain()

    def leave(self, caller: Caller) -> None:
        """Have it no more."""
        self._callers.discard(caller)
        self._note_the_end()

    def begin(self, turn: Turn) -> None:
        """Have the application answer."""
        self._turns.add(turn)
        turn.start(self._app, self._loop)

    def end(self, turn: Turn) -> None:
        """Note that the application has returned."""
        self._turns.discard(turn)
        self._note_the_end()

    async def drain(self, seconds: float) -> None:
        """Let answers under way end within `seconds`, then cut them off."""
        self._ending = asyncio.Event()
        self._note_the_end()
        for caller in tuple(self._callers):
            caller.drain()
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            await self._cut_off()
        if self._timer is not None:
            self._timer.cancel()

    async def _cut_off(self) -> None:
        tasks = [turn.task for turn in self._turns if turn.task is not None]
        log.warning("requests are cut off", requests=len(tasks), connections=len(self._callers))
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CUTTING_OFF)
        for caller in tuple(self._callers):
            caller.abort()

    def _note_the_end(self) -> None:
        if self._ending is not None and not (self._callers or self._turns):
            self._ending.set()

    def _step(self) -> None:
        self._timer = self._loop.call_later(self.limits.step, self._step) if self._callers else None
        self.date = b"date: " + formatdate(usegmt=True).encode()
        now = self._loop.time()
        for caller in tuple(self._callers):
            caller.check(now)
