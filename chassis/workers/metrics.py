"""One page of metrics for all workers, whichever of them is asked."""

import asyncio
import os
import struct
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self

from chassis.telemetry import merge_pages, metrics_page
from chassis.workers.kept_page import counted, keep
from chassis.workers.settings import WorkersSettings, worker_dir

DEADLINE = 1.0
"""Seconds for the other workers to answer."""
SOCKET = "metrics.sock"
LONGEST_PATH = 100
"""Bytes; a Unix socket's path has to fit into 108 of the kernel's."""
_LENGTH = struct.Struct("<I")


class SharedMetrics:
    """The page, as an async context manager; of this process alone where it has no other workers.

    Each worker shows its own page at a Unix socket in its directory, and keeps there what it showed last. What a worker
    that died had counted is counted on: a sum that falls would be read as all of it counted again.
    """

    def __init__(self, settings: WorkersSettings) -> None:
        self._settings = settings
        self._counted = b""
        """What earlier lives of this worker had counted."""
        self._in_turn = asyncio.Lock()
        self._stack = AsyncExitStack()

    async def page(self) -> bytes:
        """All workers' metrics in Prometheus' text format."""
        if self._settings.worker is None:
            return metrics_page()
        others = [number for number in range(self._settings.workers) if number != self._settings.worker]
        pages = await asyncio.gather(self._own(), *(self._of(number) for number in others))
        return await asyncio.to_thread(merge_pages, [page for page in pages if page])

    async def __aenter__(self) -> Self:
        """Show the own page. Raises OSError."""
        if self._settings.worker is not None:
            directory = self._settings.own_dir
            directory.mkdir(parents=True, exist_ok=True)
            self._counted = counted(directory)
            path = directory / SOCKET
            if len(os.fsencode(path)) > LONGEST_PATH:
                raise OSError(f"SEAWALL_DATA_DIR is too long for a socket in it: {path}")
            path.unlink(missing_ok=True)
            await self._stack.enter_async_context(await asyncio.start_unix_server(self._show, path))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _own(self) -> bytes:
        """What this worker shows; it is kept before anybody sees it, so that nobody sees less afterwards."""
        async with self._in_turn:
            page = metrics_page()
            if self._counted:
                page = await asyncio.to_thread(merge_pages, [page, self._counted])
            await asyncio.to_thread(keep, self._settings.own_dir, page)
        return page

    async def _show(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(DEADLINE):
                page = await self._own()
                writer.write(_LENGTH.pack(len(page)) + page)
                await writer.drain()
        writer.close()

    async def _of(self, number: int) -> bytes:
        """Another worker's page; where it is away, what it had counted."""
        directory = worker_dir(self._settings.data_dir, number)
        try:
            async with asyncio.timeout(DEADLINE):
                reader, writer = await asyncio.open_unix_connection(directory / SOCKET)
                try:
                    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
                    return await reader.readexactly(length)
                finally:
                    writer.close()
        except (OSError, EOFError, TimeoutError):
            return counted(directory)
