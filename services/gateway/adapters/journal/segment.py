"""One file of the journal, and what is done when it does not read as it was written."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from services.gateway.adapters.journal import frame

log = structlog.stdlib.get_logger("journal")

SUFFIX = ".log"


@dataclass
class Segment:
    """A file of whole frames; `size` is how far they reach, in bytes."""

    number: int
    path: Path
    size: int = 0


@dataclass
class Survey:
    """What a segment's bytes hold: sound frames, and ranges of bytes that are none."""

    records: int = 0
    oldest: float | None = None
    """When the first record was appended, in seconds since 1970."""
    size: int = 0
    """Bytes of the segment once it is mended."""
    corrupt: list[tuple[int, int]] = field(default_factory=list)
    torn: tuple[int, int] | None = None


def path_of(directory: Path, number: int) -> Path:
    """Where segment `number` is; the order of names is the order of numbers."""
    return directory / f"{number:020d}{SUFFIX}"


def survey(data: bytes, start: int) -> Survey:
    """Read `data` from `start`, where a frame begins. After bytes that are no frame, go on at the next sound frame."""
    found = Survey(size=len(data))
    at = start
    while at < len(data):
        end = frame.end_of(data, at)
        if end is not None:
            if found.oldest is None:
                found.oldest = frame.decode(data, at, end).at
            found.records += 1
            at = end
            continue
        resumed = _next_frame(data, at + 1)
        if resumed == len(data) and frame.is_torn(data, at):
            found.torn = (at, resumed)
        else:
            found.corrupt.append((at, resumed))
        at = resumed
    return found


def mend(path: Path, start: int) -> Survey:
    """Make the segment at `path` hold sound frames only, from `start` on; what lies before is left as it is.

    A frame that was being written when the process or the machine stopped is cut off: nobody was told that it is
    there. Anything else that is no frame goes to a file beside it that ends in `.corrupt`. Both are logged.
    """
    data = path.read_bytes()
    found = survey(data, start)
    if found.torn:
        log.warning(
            "cut a torn record off the journal", file=path.name, offset=found.torn[0], bytes=_length(found.torn)
        )
    if found.corrupt:
        lost = b"".join(data[begin:end] for begin, end in found.corrupt)
        aside = path.with_name(path.name + ".corrupt")
        log.error(
            "the journal is damaged; the damaged bytes are set aside, what follows them is kept",
            file=path.name,
            offsets=[begin for begin, _ in found.corrupt],
            bytes=len(lost),
            aside=aside.name,
        )
        _write(aside, lost, append=True)
    bad = [*found.corrupt, *([found.torn] if found.torn else [])]
    if bad:
        _replace(path, _without(data, bad))
        found.size = len(data) - sum(_length(part) for part in bad)
    return found


def _next_frame(data: bytes, start: int) -> int:
    """Where the next sound frame begins; the end of `data` where there is none."""
    at = data.find(frame.MAGIC, start)
    while at >= 0:
        if frame.end_of(data, at) is not None:
            return at
        at = data.find(frame.MAGIC, at + 1)
    return len(data)


def _without(data: bytes, parts: list[tuple[int, int]]) -> bytes:
    kept = []
    at = 0
    for begin, end in parts:
        kept.append(data[at:begin])
        at = end
    return b"".join([*kept, data[at:]])


def _length(part: tuple[int, int]) -> int:
    return part[1] - part[0]


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(path.name + ".mending")
    _write(fresh, data, append=False)
    fresh.replace(path)


def _write(path: Path, data: bytes, *, append: bool) -> None:
    with path.open("ab" if append else "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
