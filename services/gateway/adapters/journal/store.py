"""The journal's directory: segments from the one being shipped to the one being written, and the ship position."""

import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import structlog

from events.cloudevents import Record
from services.gateway.adapters.journal import frame, lock
from services.gateway.adapters.journal.position import Position, PositionFile
from services.gateway.adapters.journal.segment import SUFFIX, Segment, mend, path_of

log = structlog.stdlib.get_logger("journal")

BATCH_RECORDS = 500
BATCH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Batch:
    """Records from the ship position on, in their order; `end` is the position once they are shipped."""

    records: list[Record]
    end: Position


class Store:
    """Files of one directory, which nobody else may have open. Not for use by several threads at once.

    Making one mends what a crash left. Raises JournalTakenError or OSError.
    """

    def __init__(self, directory: Path, *, segment_bytes: int) -> None:
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._segments: deque[Segment] = deque()
        self._shipped = 0
        """Offset in the first segment."""
        self._active = -1
        """Descriptor of the last segment."""
        self._dirty = False
        """Bytes of a failed write may follow the last frame."""
        self.waiting = 0
        """Records that are not shipped."""
        self.waiting_bytes = 0
        self.oldest: float | None = None
        """When the first of them was appended, in seconds since 1970."""
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = lock.take(directory / "lock")
        self._position = PositionFile(directory / "position")
        position = self._position.load()
        self._position.save(position)  # its block is allocated before the disk is full
        self._open_segments(position)

    def write(self, data: bytes, at: float, *, records: int = 1) -> None:
        """Append the frames of `records` at the moment `at`, all or none of them. Raises OSError."""
        size = len(data)
        segment = self._segments[-1]
        if segment.size and segment.size + size > self._segment_bytes:
            segment = self._start_segment(segment.number + 1)
            self._drop_shipped()
        if self._dirty:
            os.ftruncate(self._active, segment.size)
        self._dirty = True
        written = os.write(self._active, data)
        while written < size:
            written += os.write(self._active, memoryview(data)[written:])
        self._dirty = False
        segment.size += size
        if not self.waiting:
            self.oldest = at
        self.waiting += records
        self.waiting_bytes += size

    def sync(self) -> None:
        """Have what was written survive a loss of power. Raises OSError; may be called in a thread beside `read`."""
        os.fdatasync(self._active)

    def read(self, *, max_records: int = BATCH_RECORDS, max_bytes: int = BATCH_BYTES) -> Batch | None:
        """What is to be shipped next, at least one record; None where nothing waits. Raises OSError."""
        while self.waiting:
            head = self._segments[0]
            data = self._bytes_of(head, max(max_bytes, frame.MAX_FRAME_BYTES))
            records: list[Record] = []
            at = 0
            while len(records) < max_records and (end := frame.end_of(data, at)) is not None:
                if records and end > max_bytes:
                    break
                entry = frame.decode(data, at, end)
                if not records:
                    self.oldest = entry.at
                records.append(entry.record)
                at = end
            if records:
                return Batch(records, Position(head.number, self._shipped + at))
            self._mend_first()
        return None

    def advance(self, batch: Batch, *, sync: bool) -> None:
        """Remember that `batch`, the last one read, is shipped: it is not read again. Raises OSError."""
        self.waiting -= len(batch.records)
        self.waiting_bytes -= batch.end.offset - self._shipped
        self._shipped = batch.end.offset
        if not self.waiting:
            self.oldest = None
        self._position.save(batch.end)
        if sync:
            self._position.sync()
        self._drop_shipped()

    def close(self) -> None:
        """Let files and lock go."""
        os.close(self._active)
        self._position.close()
        os.close(self._lock)

    def _open_segments(self, position: Position) -> None:
        last = position.segment
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            segment = Segment(int(path.stem), path)
            last = max(last, segment.number)
            start = position.offset if segment.number == position.segment else 0
            if segment.number < position.segment or not self._take_over(segment, start):
                path.unlink()
        if self.waiting:
            log.info("the journal holds requests that Kafka does not have yet", records=self.waiting)
        self._start_segment(last + 1)  # never an old one: power loss may have left it shorter than the position

    def _take_over(self, segment: Segment, start: int) -> bool:
        """Add what `segment` holds from `start` on; tells whether that is anything."""
        found = mend(segment.path, start)
        if not found.records:
            return False
        segment.size = found.size
        if not self._segments:
            self._shipped = start
            self.oldest = found.oldest
        self._segments.append(segment)
        self.waiting += found.records
        self.waiting_bytes += found.size - start
        return True

    def _start_segment(self, number: int) -> Segment:
        segment = Segment(number, path_of(self._directory, number))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        active = os.open(segment.path, flags, 0o600)
        if self._active >= 0:
            os.close(self._active)
        self._active = active
        self._dirty = False
        self._segments.append(segment)
        return segment

    def _bytes_of(self, segment: Segment, limit: int) -> bytes:
        file = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(file, min(limit, segment.size - self._shipped), self._shipped)
        finally:
            os.close(file)

    def _mend_first(self) -> None:
        """The disk gives back something else than was written: keep what can be kept, and begin anew with it."""
        self._start_segment(self._segments[-1].number + 1)
        position = Position(self._segments[0].number, self._shipped)
        fresh = self._segments.pop()
        self._segments.clear()
        self.waiting = self.waiting_bytes = self._shipped = 0
        self.oldest = None
        for path in sorted(self._directory.glob(f"*{SUFFIX}"))[:-1]:
            segment = Segment(int(path.stem), path)
            if not self._take_over(segment, position.offset if segment.number == position.segment else 0):
                path.unlink()
        self._segments.append(fresh)

    def _drop_shipped(self) -> None:
        """Delete segments that are wholly shipped; never the one being written."""
        while len(self._segments) > 1 and self._shipped >= self._segments[0].size:
            self._segments.popleft().path.unlink(missing_ok=True)
            self._shipped = 0
