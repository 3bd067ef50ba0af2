"""The sockets that this process has open."""

import os
import stat
from pathlib import Path


def sockets() -> set[tuple[int, int]]:
    """Each by its descriptor and its number in the kernel."""
    found = set[tuple[int, int]]()
    for descriptor in [int(path.name) for path in Path("/dev/fd").iterdir()]:
        try:
            told = os.fstat(descriptor)
        except OSError:
            continue  # of the listing itself
        if stat.S_ISSOCK(told.st_mode):
            found.add((descriptor, told.st_ino))
    return found
