"""What a run was made on, and whether others were at work there."""

import os
import platform
import subprocess
import time
from pathlib import Path

from bench.cost.tools import required


def described() -> dict[str, str]:
    """Processor, cores, how busy they are, system, versions, commit; asked before anything of the bench runs."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "busy before": f"{busy():.0%}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "nginx": _said(required("nginx"), "-v").rpartition("/")[2],
        "commit": _said("git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"),
    }


def busy(seconds: float = 1.0) -> float:
    """Share of the processors' time that whatever runs now takes, observed for so long."""
    total, idle = _times()
    time.sleep(seconds)
    total_after, idle_after = _times()
    return 1.0 - (idle_after - idle) / max(1, total_after - total)


def _times() -> tuple[int, int]:
    """Ticks of all processors, and those without work."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _said(*command: str) -> str:
    """What a command prints; nothing where it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout or done.stderr).strip()
