"""The journal: what requests append goes to the disk before they are answered, and waits there for Kafka."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from events.cloudevents import Record
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.adapters.journal import frame, gauges
from services.gateway.adapters.journal.store import Batch, Store

log = structlog.stdlib.get_logger("journal")

SEGMENT_BYTES = 64 * 1024 * 1024
PAUSE_AFTER_FAILED_WRITE = 1.0
"""Seconds for which `full` says so after a write failed, as on a full disk; appends try on."""


class Journal:
    """Finished requests, from before they are answered until Kafka has them; an async context manager.

    Entering it mends what a crash left and takes the directory's lock: raises JournalTakenError or OSError. What
    `append` returned for survives the process; with `fsync` it survives the machine, for some milliseconds a write.

    At most `max_bytes` wait. `full` is told one part in sixteen earlier, so that requests under way still find room:
    stop taking requests then. On disk there may be up to two segments more: one partly shipped, one being written.
    """

    def __init__(
        self,
        directory: Path,
        *,
        max_bytes: int,
        clock: Clock,
        segment_bytes: int = SEGMENT_BYTES,
        fsync: bool = False,
    ) -> None:
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._max_bytes = max_bytes
        self._headroom = max_bytes // 16
        self._fsync = fsync
        self._clock = clock
        self._store: Store | None = None
        self._unwritable_until = float("-inf")
        self._frames: list[bytes] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._unwritten = 0
        self._writing: asyncio.Task[None] | None = None
        self._has_records = asyncio.Event()
        self._has_none = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Records that are not shipped."""
        return self._store.waiting if self._store else 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes that they take."""
        return self._store.waiting_bytes if self._store else 0

    @property
    def oldest(self) -> float | None:
        """When the first of them was appended, in seconds since 1970."""
        return self._store.oldest if self._store else None

    @property
    def room(self) -> int:
        """Bytes that may be appended before `append` fails."""
        return max(0, self._max_bytes - self.waiting_bytes - self._unwritten)

    @property
    def full(self) -> bool:
        """Whether new requests are to be refused: what they end in might not be kept."""
        return self.room <= self._headroom or self._clock.monotonic() < self._unwritable_until

    async def append(self, record: Record) -> None:
        """Return once `record` is kept: written by one system call, at once.

        With `fsync` what is appended while the disk is busy is written together, after that. Raises
        Failure(OVERLOADED, retryable) where there is no room or the disk does not take it, and
        Failure(REQUEST_TOO_LARGE) for a record that Kafka would not take.
        """
        at = self._clock.now().timestamp()
        data = frame.encode(record, at)
        if len(data) > frame.MAX_FRAME_BYTES:
            raise Failure(Reason.REQUEST_TOO_LARGE, f"The request's record takes {len(data)} bytes; that is too many.")
        store = self._store
        if store is None:
            raise Failure(Reason.UNAVAILABLE, "The journal is closed.", retryable=True)
        if len(data) > self.room:
            raise _refusal("The journal is full: Kafka has not taken its records for too long.")
        if self._fsync:
            await self._written_durably(store, data)
            return
        try:
            store.write(data, at)
        except OSError as error:
            self._pause(error)
            raise _unwritable() from error
        self._appended(1)

    async def filled(self) -> None:
        """Return once something waits to be shipped."""
        await self._has_records.wait()

    async def emptied(self) -> None:
        """Return once nothing waits to be shipped."""
        await self._has_none.wait()

    def read(self) -> Batch | None:
        """What is to be shipped next; None where nothing waits or the journal is closed. Raises OSError."""
        batch = self._store.read() if self._store else None
        self._tell()
        return batch

    def advance(self, batch: Batch) -> None:
        """Remember that `batch`, the last one read, is shipped: it is not read again. Raises OSError."""
        if self._store is not None:
            self._store.advance(batch, sync=self._fsync)
            gauges.shipped.add(len(batch.records))
            self._tell()

    async def __aenter__(self) -> Self:
        self._store = await asyncio.to_thread(Store, self._directory, segment_bytes=self._segment_bytes)
        self._tell()
        gauges.observe(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        gauges.forget(self)
        while self._writing is not None:
            await asyncio.wait([self._writing])
        store, self._store = self._store, None
        if store is not None:
            store.close()

    async def _written_durably(self, store: Store, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        written = loop.create_future()
        self._frames.append(data)
        self._waiters.append(written)
        self._unwritten += len(data)
        if self._writing is None:
            self._writing = loop.create_task(self._write_durably(store), name="journal")
        await written

    async def _write_durably(self, store: Store) -> None:
        """Write what was appended, and tell those who wait for it; what comes meanwhile goes with the next write."""
        try:
            while self._frames:
                frames, waiters = self._take()
                try:
                    store.write(b"".join(frames), self._clock.now().timestamp(), records=len(frames))
                    await asyncio.to_thread(store.sync)
                except OSError as error:
                    self._pause(error)
                    for waiter in waiters:
                        if not waiter.done():
                            waiter.set_exception(_unwritable())
                else:
                    self._appended(len(frames))
                    for waiter in waiters:
                        if not waiter.done():  # the caller may have gone; its record is kept all the same
                            waiter.set_result(None)
        finally:
            self._writing = None

    def _take(self) -> tuple[list[bytes], list[asyncio.Future[None]]]:
        taken = self._frames, self._waiters
        self._frames, self._waiters = [], []
        self._unwritten = 0
        return taken

    def _appended(self, records: int) -> None:
        gauges.appended.add(records)
        if not self._has_records.is_set():
            self._tell()

    def _pause(self, error: OSError) -> None:
        now = self._clock.monotonic()
        if now >= self._unwritable_until:
            log.error("the journal cannot be written", error=repr(error))
        self._unwritable_until = now + PAUSE_AFTER_FAILED_WRITE

    def _tell(self) -> None:
        """Wake who waits for `filled` or `emptied`."""
        if self.waiting:
            self._has_records.set()
            self._has_none.clear()
        else:
            self._has_records.clear()
            self._has_none.set()


def _unwritable() -> Failure:
    return _refusal("The journal cannot be written.")


def _refusal(message: str) -> Failure:
    return Failure(Reason.OVERLOADED, message, retryable=True, retry_after=1.0)
