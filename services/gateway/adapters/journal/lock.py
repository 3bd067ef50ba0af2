"""One process a journal: two that shipped the same files would tell everything twice."""

import fcntl
import os
from pathlib import Path


class JournalTakenError(RuntimeError):
    """Another process has the journal open; give each gateway a directory of its own."""


def take(path: Path) -> int:
    """Hold the lock at `path` until the returned descriptor is closed. Raises JournalTakenError."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(file, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(file)
        raise JournalTakenError(
            f"the journal in {path.parent} is in use by process {holder}; each gateway needs a directory of its own"
        ) from error
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
    return file
