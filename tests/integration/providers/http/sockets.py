"""The sockets that this process has open."""

import os
from pathlib import Path


def sockets() -> set[str]:
    """This process's, by their numbers in the kernel."""
    found = set[str]()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.add(os.readlink(descriptor))  # noqa: PTH115 - what it names is no path
        except OSError:
            continue  # of the listing itself
    return {name for name in found if name.startswith("socket:")}
