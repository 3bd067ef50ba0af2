"""What processes take, as the kernel counts it."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """Megabytes (2^20 bytes) of memory in use."""
    return _status_mb(pid, "VmRSS")


def highest_mb(pid: int) -> float:
    """Megabytes of memory in use when it was most, since the process began or its highest was forgotten."""
    return _status_mb(pid, "VmHWM")


def forget_highest(pid: int) -> None:
    """Begin anew with what is in use now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status_mb(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def children(pid: int) -> Mapping[str, int]:
    """Command line → pid of each child of a process."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        found[command.strip()] = int(child)
    return found
