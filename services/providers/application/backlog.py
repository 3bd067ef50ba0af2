"""Frames that were read and not yet taken: what is ready together travels together."""

import asyncio
from collections import deque

from services.providers.domain.answer import Frame

MAX_BATCH_BYTES = 256 * 1024
"""Of the frames that travel together, unless one alone is larger."""
MAX_WAITING_BYTES = 512 * 1024
"""The reader pauses above this, and the vendor is held back by TCP."""
_FRAME_BYTES = 64
"""What a frame takes beside its data, so that empty ones count."""


class Backlog:
    """Between one reader, which adds, and one writer, which takes."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._closed = False
        self._error: Exception | None = None
        self._ready = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def add(self, frame: Frame) -> None:
        """Add a frame; never blocks, see `room`."""
        self._frames.append(frame)
        self._bytes += _size(frame)
        self._ready.set()
        if self._bytes > MAX_WAITING_BYTES:
            self._room.clear()

    async def room(self) -> None:
        """Return once more may be added."""
        await self._room.wait()

    def close(self, error: Exception | None = None) -> None:
        """Nothing more comes; `error` is raised to the writer once it has taken everything."""
        self._closed = True
        self._error = error
        self._ready.set()

    async def take(self) -> list[Frame]:
        """The frames that wait, at least one; none once nothing more comes. Raises what `close` was given."""
        while not self._frames:
            if self._closed:
                if self._error is not None:
                    raise self._error
                return []
            self._ready.clear()
            await self._ready.wait()
        batch = [self._frames.popleft()]
        size = _size(batch[0])
        while self._frames and size + _size(self._frames[0]) <= MAX_BATCH_BYTES:
            batch.append(self._frames.popleft())
            size += _size(batch[-1])
        self._bytes -= size
        if self._bytes <= MAX_WAITING_BYTES:
            self._room.set()
        return batch


def _size(frame: Frame) -> int:
    return len(frame.data) + _FRAME_BYTES
