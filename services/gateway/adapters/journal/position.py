"""How far the journal has been shipped, as its directory remembers it."""

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.stdlib.get_logger("journal")

_FORM = struct.Struct("<QQ")
_CHECKSUM = struct.Struct("<I")


@dataclass(frozen=True)
class Position:
    """Everything before `offset` of segment `segment` is shipped."""

    segment: int = 0
    offset: int = 0


class PositionFile:
    """Twenty bytes that are overwritten in place by one system call.

    That a process is killed never leaves half of them behind, and they need no room on a disk that is full. Where
    they cannot be read (after power was lost), the journal is shipped again from its start.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def load(self) -> Position:
        """The last position saved; the very start where there is none."""
        data = os.pread(self._file, _FORM.size + _CHECKSUM.size, 0)
        if not data:
            return Position()
        body, checksum = data[: _FORM.size], data[_FORM.size :]
        if len(body) < _FORM.size or checksum != _CHECKSUM.pack(zlib.crc32(body)):
            log.error("the journal's position cannot be read; everything that it holds is shipped again")
            return Position()
        return Position(*_FORM.unpack(body))

    def save(self, position: Position) -> None:
        """Remember `position`. Raises OSError."""
        body = _FORM.pack(position.segment, position.offset)
        os.pwrite(self._file, body + _CHECKSUM.pack(zlib.crc32(body)), 0)

    def sync(self) -> None:
        """Have it survive a loss of power."""
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)
