"""The manifest of the system under test: a model of its own for every case, and no policy where a case has none."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator import Simulator
from tests.conformance.case import Case, Target
from tests.stack.ports import free_port

CREDENTIALS = {f"VENDOR_KEY_{letter}": f"sk-vendor-{letter * 4}" for letter in "ABCD"}
"""Of providers with several keys, by the name of their environment variable; vendors remember the last 4 letters."""


@dataclass(frozen=True, slots=True)
class Model:
    """What callers ask for. Its targets' models have its name."""

    name: str
    targets: tuple[Target, ...]
    policy: Any = field(default_factory=dict)


def model_of(case: Case, caller: str) -> Model:
    """The model of a case for one caller."""
    # A case's own name is longer than a model's may be.
    return Model(f"case-{zlib.crc32(case.name.encode()):08x}-{caller}", case.targets, case.policy)


def provider_of(model: Model, target: Target) -> str:
    """The name of a target's provider."""
    return f"{target.vendor}-{model.name}" if target.keys else target.vendor


def manifest(models: Iterable[Model], simulator: Simulator) -> str:
    """All of `models`, in JSON, which is YAML."""
    urls = {name: vendor.base_url for name, vendor in simulator.vendors.items()}
    urls["gone"] = f"http://127.0.0.1:{free_port()}/v1"
    providers = [_provider(name, url, ["env:VENDOR_KEY"]) for name, url in urls.items()]
    written = []
    for model in models:
        targets = []
        for target in model.targets:
            provider = provider_of(model, target)
            if target.keys:
                keys = [f"env:{name}" for name in list(CREDENTIALS)[: target.keys]]
                providers.append(_provider(provider, urls[target.vendor], keys))
            capabilities = {"capabilities": dict(target.capabilities)} if target.capabilities else {}
            targets.append({"provider": provider, "model": model.name + target.suffix, **capabilities})
        policy = {"policy": _filled(model.policy, model.name)} if model.policy else {}
        written.append({"name": model.name, "route": {"targets": targets, **policy}})
    return json.dumps(
        {
            "organization": "acme",
            "providers": providers,
            "models": written,
            "projects": [
                {
                    "name": "shop",
                    "limits": {"requests_per_minute": 1_000_000},
                    "keys": [{"name": "ci", "value": "env:CI_KEY", "role": "owner"}],
                }
            ],
        }
    )


def _provider(name: str, url: str, keys: list[str]) -> dict[str, Any]:
    return {"name": name, "vendor": "openai-compatible", "base_url": url, "keys": keys}


def _filled(policy: Any, model: str) -> Any:
    """`policy` with the model's name where it says {model}."""
    return json.loads(json.dumps(policy).replace("{model}", model))
