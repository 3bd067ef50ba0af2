"""The manifest that `up` writes where it is given none, and what it reads of the one that it runs."""

import hashlib
import os
from dataclasses import dataclass
from decimal import Decimal

from chassis.manifest import Manifest, parse
from chassis.secrets import Secrets
from cli.embedded.data_dir import DataDir, State
from cli.embedded.ports import HOST, free_ports, is_free
from cli.problem import Problem
from resilience.errors import Failure

KEY_VARIABLE = "SEAWALL_UP_KEY"
VENDOR_KEY_VARIABLE = "SEAWALL_UP_VENDOR_KEY"
"""The simulator takes any key; it wants one."""
VENDORS = ("alpha", "beta")
MODEL = "chat"

_HEAD = """\
# What this Seawall does, written by `seawall up`. Edit it, then make it so with `seawall apply -f` or the next `up`.
# Once it was edited, `up` leaves it as it is; remove it to have it written anew.
organization: local
"""

_TAIL = f"""\
projects:
  - name: default
    keys:
      - {{name: up, role: owner, value: "env:{KEY_VARIABLE}"}}
"""

_MODELS = """\
providers:
{providers}models:
  - name: chat
    route:
      targets:
{targets}# {note} US dollars per million tokens.
prices:
{prices}"""

_OPENAI = _MODELS.format(
    providers='  - {name: openai, vendor: openai, keys: ["env:OPENAI_API_KEY"]}\n',
    targets="        - {provider: openai, model: gpt-5-mini}\n",
    prices='  - {provider: openai, model: gpt-5-mini, input: "0.25", cached_input: "0.025", output: "2.00"}\n',
    note="The vendor's list price when this was written, in",
)


@dataclass(frozen=True)
class Chosen:
    """A manifest to run, and the simulated vendors that it needs."""

    text: str
    simulator_ports: dict[str, int]
    """Empty where its vendors are real."""


def write_default(directory: DataDir, among: range) -> Chosen:
    """The data directory's manifest: as edited, else written for the vendor key that there is.

    The simulated vendors keep their ports from run to run; where somebody took one, the manifest gets the new one.
    """
    state = directory.state()
    edited = directory.manifest.exists() and _digest(directory.manifest.read_text()) != state.manifest_digest
    ports = _vendor_ports(state.simulator_ports, among)
    if edited:
        text = directory.manifest.read_text()
        simulated = any(_base_url(port) in text for port in state.simulator_ports.values())
        for vendor, port in state.simulator_ports.items():
            text = text.replace(_base_url(port), _base_url(ports[vendor]))
    else:
        simulated = not os.environ.get("OPENAI_API_KEY")
        text = _HEAD + (_simulated(ports) if simulated else _OPENAI) + _TAIL
    directory.manifest.write_text(text)
    digest = state.manifest_digest if edited else _digest(text)
    directory.keep(State(ports, digest))
    return Chosen(text, ports if simulated else {})


def read(text: str, source: str) -> Manifest:
    """Read a manifest. Raises Problem where it is wrong, before anything is started."""
    try:
        return parse(text)
    except Failure as failure:
        raise Problem(
            failure.reason, f"{source}: {failure.message}", hint="Correct the file, then run `seawall up` again."
        ) from failure


def shown_key(manifest: Manifest, secrets: dict[str, str]) -> str:
    """The secret of the most powerful key whose value is at hand; empty where there is none."""
    found = [
        (key.role, secret)
        for project in manifest.projects
        for key in project.keys
        if (secret := _at_hand(key.value, secrets))
    ]
    return max(found, default=(None, ""), key=lambda each: each[0] or 0)[1]


def shown_model(manifest: Manifest) -> str:
    """A model that callers may ask for; empty where the manifest names none."""
    names = [model.name for model in manifest.models]
    return MODEL if MODEL in names else next(iter(names), "")


def _at_hand(reference: str, secrets: dict[str, str]) -> str:
    try:
        return Secrets({**os.environ, **secrets}).resolve(reference)
    except Failure:
        return ""


def _vendor_ports(last: dict[str, int], among: range) -> dict[str, int]:
    """The last run's ports as far as they are free, else others."""
    others = free_ports(len(VENDORS), among)
    return {
        vendor: last[vendor] if vendor in last and is_free(last[vendor]) else other
        for vendor, other in zip(VENDORS, others, strict=True)
    }


def _base_url(port: int) -> str:
    return f"http://{HOST}:{port}/v1"


def _simulated(ports: dict[str, int]) -> str:
    """Simulated vendors, the first one preferred, at made-up prices."""
    providers = "".join(
        f"  - name: {vendor}\n    vendor: openai-compatible\n    base_url: {_base_url(port)}\n"
        f'    keys: ["env:{VENDOR_KEY_VARIABLE}"]\n'
        for vendor, port in ports.items()
    )
    targets = "".join(f"        - {{provider: {vendor}, model: {vendor}-large}}\n" for vendor in ports)
    prices = "".join(
        f'  - {{provider: {vendor}, model: {vendor}-large, input: "{price}", output: "{price * 8}"}}\n'
        for vendor, price in zip(ports, (Decimal("0.25"), Decimal("0.50")), strict=True)
    )
    return _MODELS.format(providers=providers, targets=targets, prices=prices, note="Made up, in")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
