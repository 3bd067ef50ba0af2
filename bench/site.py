"""Seawall whole, with vendors whose every move can be set and counted: what scenarios under load are played on."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import children
from chassis import keys
from simulator import Simulator

SERVICES = ("gateway", "providers", "monitor", "alerts", "config")
START_TIMEOUT = 90.0

Manifest = Callable[[Simulator], str]


@dataclass(frozen=True)
class Site:
    """A running system."""

    url: str
    """Of the gateway's HTTP side."""
    grpc: str
    """`host:port` of the gateway's gRPC side."""
    key: str
    simulator: Simulator
    """Its vendors, in this process."""
    pids: Mapping[str, int]
    """Service → process."""

    def headers(self, **more: str) -> dict[str, str]:
        """Of a request with the key. `more`: of Seawall's own, without their `x-seawall-`."""
        own = {f"x-seawall-{name}": value for name, value in more.items()}
        return {"authorization": f"Bearer {self.key}", "content-type": "application/json", **own}


def manifest(
    models: Mapping[str, Mapping[str, Any]], *, prices: Sequence[Mapping[str, str]] = (), criticality: str = "default"
) -> Manifest:
    """Writes a manifest with these routes, by model; each vendor is a provider of its name.

    The callers' key is in CI_KEY, the vendors' in VENDOR_KEY.
    """

    def write(simulator: Simulator) -> str:
        providers = [
            {"name": name, "vendor": "openai-compatible", "base_url": vendor.base_url, "keys": ["env:VENDOR_KEY"]}
            for name, vendor in simulator.vendors.items()
        ]
        project = {
            "name": "shop",
            "criticality": criticality,
            "policy_overrides": True,
            "limits": {"requests_per_minute": 100_000_000},
            "keys": [{"name": "ci", "value": "env:CI_KEY", "role": "owner"}],
        }
        return json.dumps(
            {
                "organization": "acme",
                "providers": providers,
                "models": [{"name": name, "route": route} for name, route in models.items()],
                "prices": list(prices),
                "projects": [project],
            }
        )

    return write


@asynccontextmanager
async def site(written: Manifest, *, vendors: Sequence[str] = ("alpha", "beta"), seed: int = 1) -> AsyncIterator[Site]:
    """What `seawall up` runs, in front of vendors in this process."""
    async with Simulator(vendors=vendors, seed=seed) as simulator:
        with tempfile.TemporaryDirectory(prefix="seawall-bench-") as directory:
            file = Path(directory) / "seawall.yaml"
            file.write_text(written(simulator))
            key = keys.generate()
            up = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "cli.main", "up", "--json", "--data-dir", directory),
                *("--manifest", str(file), "--http-port", "0", "--grpc-port", "0"),
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "CI_KEY": key, "VENDOR_KEY": "any"},
            )
            try:
                told = await _told(up)
                running = children(up.pid)
                pids = {
                    name: next(pid for command, pid in running.items() if command.endswith(f"services.{name}"))
                    for name in SERVICES
                }
                yield Site(told["url"], told["grpc"], key, simulator, pids)
            finally:
                if up.returncode is None:
                    up.send_signal(signal.SIGTERM)
                await up.wait()


async def _told(up: asyncio.subprocess.Process) -> dict[str, str]:
    assert up.stdout is not None
    async with asyncio.timeout(START_TIMEOUT):
        line = await up.stdout.readline()
    if not line:
        sys.exit("the system did not start")
    told: dict[str, str] = json.loads(line)
    return told
