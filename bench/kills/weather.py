"""What goes on beside the load, so that every topic has something to tell: targets fail and heal, keys are changed."""

import asyncio
import itertools
from dataclasses import dataclass, field

from bench.kills.crowd import LOST
from simulator import Behaviour, Constant, Simulator
from simulator.faults import ErrorStatus
from tests.e2e.system import System

FLAKY = ("flaky-0", "flaky-1", "flaky-2", "flaky-3")
"""Models of alpha that fail from time to time; beta answers in their place."""
FAILS_FOR = 8.0
WELL_FOR = 12.0
"""Seconds."""
CHANGE_EVERY = 1.0
"""Seconds between changes of what is set."""
PROJECT = "organizations/-/projects/shop"

WELL = Behaviour(between_chunks=Constant(seconds=0.002))
"""Answers begin at once; streams take long enough to be cut in their middle."""
FAILS = Behaviour(faults=(ErrorStatus(status=500, share=1.0),))

MANIFEST = """
organization: acme
providers:
  - {{name: alpha, vendor: openai-compatible, base_url: "{alpha}", keys: [env:VENDOR_KEY]}}
  - {{name: beta, vendor: openai-compatible, base_url: "{beta}", keys: [env:VENDOR_KEY]}}
models:
{models}
prices:
{prices}
projects:
  - name: shop
    limits: {{requests_per_minute: 100000000}}
    keys: [{{name: ci, value: env:CI_KEY, role: owner}}]
receivers:
  - {{name: ops, webhook: {{url: "{webhook}", secret: env:WEBHOOK_SECRET}}}}
"""
MODEL = """  - name: {name}
    route:
      targets: [{{provider: alpha, model: {name}}}, {{provider: beta, model: {name}}}]
      policy: {{hedge: "off"}}"""
PRICE = '  - {{provider: {provider}, model: {name}, input: "{input}", output: "{output}"}}'
PRICES = {"alpha": ("0.25", "2"), "beta": ("0.30", "2.40")}
"""Of input and output, in US dollars for a million tokens."""
MODELS = (("steady", 0.88), *((name, 0.03) for name in FLAKY))
"""And their shares of the requests."""


def manifest(simulator: Simulator, webhook: str) -> str:
    """What is configured. No hedging: each token at the vendor's is then one that somebody was given, or lost."""
    names = [name for name, _ in MODELS]
    return MANIFEST.format(
        alpha=simulator.vendor("alpha").base_url,
        beta=simulator.vendor("beta").base_url,
        webhook=webhook,
        models="\n".join(MODEL.format(name=name) for name in names),
        prices="\n".join(
            PRICE.format(provider=provider, name=name, input=input_, output=output)
            for provider, (input_, output) in PRICES.items()
            for name in names
        ),
    )


async def targets_fail_and_heal(simulator: Simulator) -> None:
    """One flaky model after another, until cancelled; then all are well."""
    alpha = simulator.vendor("alpha")
    try:
        for name in itertools.cycle(FLAKY):
            alpha.set(name, FAILS)
            await asyncio.sleep(FAILS_FOR)
            alpha.set(name, WELL)
            await asyncio.sleep(WELL_FOR - FAILS_FOR)
    finally:
        for name in FLAKY:
            alpha.set(name, WELL)


@dataclass
class Changes:
    """Changes of what is set, by the resource and its action: those that were confirmed, and those that were not."""

    confirmed: list[tuple[str, str]] = field(default_factory=list)
    unsure: list[tuple[str, str]] = field(default_factory=list)

    async def go_on(self, system: System) -> None:
        """Make keys and revoke them, until cancelled."""
        for number in itertools.count():
            name = f"{PROJECT}/keys/k{number}"
            key = {"role": "ROLE_DEVELOPER"}
            made = await self._change(system, name, "create", "CreateKey", parent=PROJECT, keyId=f"k{number}", key=key)
            await asyncio.sleep(CHANGE_EVERY)
            if made and number % 2:
                await self._change(system, name, "revoke", "RevokeKey", name=name)
                await asyncio.sleep(CHANGE_EVERY)

    async def _change(self, system: System, resource: str, action: str, method: str, **fields: object) -> bool:
        change = (resource.replace("organizations/-/", "organizations/acme/"), action)
        try:
            await system.rpc(f"ConfigService/{method}", **fields)
        except (AssertionError, *LOST):
            self.unsure.append(change)
            return False
        self.confirmed.append(change)
        return True
