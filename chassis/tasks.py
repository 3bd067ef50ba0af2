"""Background work that somebody owns: its failure is seen, and it is awaited at the end."""

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

import structlog

log = structlog.stdlib.get_logger("tasks")


async def end(task: asyncio.Task[None]) -> None:
    """Cancel `task` and return once it ended, however it did."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Background:
    """The background tasks of one service, as an async context manager.

    A task that ends with an exception ends the service (`failed` is set): a half-working process is worse than one
    that is restarted. On exit every task is cancelled and awaited.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed = asyncio.Event()

    def start(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """Run `run()` until it returns, fails or the service ends."""
        task = asyncio.create_task(run(), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("background task failed", task=task.get_name(), exc_info=error)
            self.failed.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
