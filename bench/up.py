"""`seawall up` with a manifest of ours, as a process, and those that it runs."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import announced, children, spawned

SERVICES = ("gateway", "providers", "monitor", "alerts", "config")
START_TIMEOUT = 90.0
COMPILED = {
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(Path(os.environ.get("SEAWALL_CACHE_DIR", ".cache")).absolute() / "bytecode"),
}
"""Keeps what was compiled for the next start, as the images have it: who compiles at its start needs more memory."""


@dataclass(frozen=True)
class Up:
    """One that is ready."""

    url: str
    """Of the gateway's HTTP side."""
    grpc: str
    """`host:port` of the gateway's gRPC side."""
    pids: Mapping[str, int]
    """Service → process; below it those that it runs itself."""


@asynccontextmanager
async def up(manifest: str, environment: Mapping[str, str]) -> AsyncIterator[Up]:
    """Run it, on free ports and a directory of its own. `environment`: beside this process's own."""
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as directory:
        file = Path(directory) / "seawall.yaml"
        file.write_text(manifest)
        command = (
            *(sys.executable, "-m", "cli.main", "up", "--json", "--data-dir", directory),
            *("--manifest", str(file), "--http-port", "0", "--grpc-port", "0"),
        )
        async with spawned(*command, environment={**COMPILED, **environment}, output=subprocess.PIPE) as process:
            told = await _told(process)
            running = children(process.pid)
            pids = {
                name: next(pid for command, pid in running.items() if f"-m services.{name}" in command)
                for name in SERVICES
            }
            yield Up(told["url"], told["grpc"], pids)


async def _told(process: asyncio.subprocess.Process) -> dict[str, str]:
    line = await announced(process, START_TIMEOUT)
    if not line:
        sys.exit("the system did not start")
    told: dict[str, str] = json.loads(line)
    return told
