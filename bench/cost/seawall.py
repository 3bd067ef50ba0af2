"""Seawall with everything on, in front of the upstream: authentication, a limit, prices, ledger, metrics, traces."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bench.cost.party import SLOW, STREAM, WHOLE, Party
from bench.up import up
from chassis import keys

MEASURED = ("gateway", "providers")
SAMPLED = 0.01
"""Share of requests whose trace is recorded and sent."""
LIMIT = 1_000_000_000
"""Requests a minute: a limit that is counted and never met."""

ROUTES: Mapping[str, Mapping[str, Any]] = {
    WHOLE.model: {"targets": [{"provider": "whole", "model": "small"}]},
    STREAM.model: {"targets": [{"provider": "stream", "model": "small"}]},
    SLOW.model: {"targets": [{"provider": "slow", "model": "small"}]},
    "unpriced": {"targets": [{"provider": "whole", "model": "unpriced"}]},
    "unhedged": {"targets": [{"provider": "whole", "model": "small"}], "policy": {"hedge": "off"}},
    "unbroken": {"targets": [{"provider": "whole", "model": "small"}], "policy": {"breaker": "off"}},
    "cached": {"targets": [{"provider": "whole", "model": "small"}], "policy": {"cache": {"ttl": "10m"}}},
    "shared": {"targets": [{"provider": "whole", "model": "small"}], "policy": {"single_flight": True}},
    "balanced": {
        "strategy": "balanced",
        "targets": [{"provider": "whole", "model": "small"}, {"provider": "second", "model": "small"}],
    },
}
"""Models that callers may ask for; those but the first three have one thing that is otherwise."""

_PROVIDERS = {"whole": WHOLE.path, "second": WHOLE.path, "stream": STREAM.path, "slow": SLOW.path}


@dataclass(frozen=True)
class Seawall:
    """One that runs."""

    party: Party
    grpc: str
    """`host:port` of ChatService."""
    unlimited: str
    """A key of a project without a limit."""

    def without_limit(self) -> Party:
        """The same, asked by callers whose requests are not counted."""
        return replace(self.party, key=self.unlimited)


@asynccontextmanager
async def seawall(upstream: Party, collector: str, environment: Mapping[str, str]) -> AsyncIterator[Seawall]:
    """Run one. `collector`: the URL that traces are sent to; `environment`: settings beside those for everything."""
    limited, unlimited = keys.generate(), keys.generate()
    settings = {
        "BENCH_LIMITED": limited,
        "BENCH_UNLIMITED": unlimited,
        "BENCH_VENDOR": "any",
        "SEAWALL_OTLP_ENDPOINT": collector,
        "SEAWALL_TRACE_SAMPLE_RATIO": str(SAMPLED),
        **environment,
    }
    async with up(_manifest(upstream), settings) as running:
        parts = {service: running.pids[service] for service in MEASURED}
        yield Seawall(Party(running.url, parts, limited, by_model=True), running.grpc, unlimited)


def _manifest(upstream: Party) -> str:
    return json.dumps(
        {
            "organization": "bench",
            "providers": [
                {
                    "name": name,
                    "vendor": "openai-compatible",
                    "base_url": f"{upstream.url}/{path}/v1",
                    "keys": ["env:BENCH_VENDOR"],
                }
                for name, path in _PROVIDERS.items()
            ],
            "models": [{"name": name, "route": route} for name, route in ROUTES.items()],
            "prices": [{"provider": name, "model": "small", "input": "0.25", "output": "2.00"} for name in _PROVIDERS],
            "projects": [
                {
                    "name": "limited",
                    "limits": {"requests_per_minute": LIMIT},
                    "keys": [{"name": "limited", "role": "owner", "value": "env:BENCH_LIMITED"}],
                },
                {"name": "unlimited", "keys": [{"name": "unlimited", "value": "env:BENCH_UNLIMITED"}]},
            ],
        }
    )
