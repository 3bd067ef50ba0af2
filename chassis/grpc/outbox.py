"""What is to be said on a stream: it waits while the message before it is written, and then leaves together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

FULL_MESSAGE = 1024 * 1024
"""Bytes from which on what comes next waits for the next message."""

M = TypeVar("M")


class Outbox(Generic[M]):
    """Messages that are filled until they leave. `make` makes an empty one. How much waits is for others to bound."""

    def __init__(self, make: Callable[[], M]) -> None:
        self._make = make
        self._waiting: deque[M] = deque()
        self._filled = 0
        """Bytes in the last of them."""
        self._something = asyncio.Event()
        self._closed = False

    def message(self, size: int) -> M:
        """The message to add `size` bytes to, at once: the last that waits, or another where it would be too large."""
        if not self._waiting or self._filled + size > FULL_MESSAGE:
            self._waiting.append(self._make())
            self._filled = 0
        self._filled += size
        self._something.set()
        return self._waiting[-1]

    def close(self) -> None:
        """Nothing is added any more."""
        self._closed = True
        self._something.set()

    async def send(self, write: Callable[[M], Awaitable[object]]) -> None:
        """Write message after message; return when it is closed and everything is written. Raises what `write` does."""
        while True:
            while self._waiting:
                await write(self._waiting.popleft())
            if self._closed:
                return
            self._something.clear()
            await self._something.wait()
