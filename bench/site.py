"""Seawall whole, with vendors whose every move can be set and counted: what scenarios under load are played on."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.up import up
from chassis import keys
from simulator import Simulator

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
        key = keys.generate()
        async with up(written(simulator), {"CI_KEY": key, "VENDOR_KEY": "any"}) as running:
            yield Site(running.url, running.grpc, key, simulator, running.pids)
