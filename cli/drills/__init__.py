"""Drills: scripts of trouble for simulated vendors, shipped as files, or an operator's own.

Their steps may name the vendors `primary` and `secondary`; who that is, is decided when they are run.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cli.problem import Problem

_SHIPPED = Path(__file__).parent


def shipped() -> list[dict[str, Any]]:
    """The drills that come with Seawall, by name."""
    return [_read(file) for file in sorted(_SHIPPED.glob("*.yaml"))]


def find(name: str) -> dict[str, Any]:
    """A shipped drill by its name, else a file. Raises Problem where it is neither, or is no script."""
    for drill in shipped():
        if drill["name"] == name:
            return drill
    if not Path(name).is_file():
        known = ", ".join(drill["name"] for drill in shipped())
        raise Problem("no_such_drill", f"{name!r} is neither a file nor a drill.", hint=f"There are: {known}.")
    return _read(Path(name))


def cast(drill: Mapping[str, Any], roles: Mapping[str, str], vendors: Sequence[str]) -> dict[str, Any]:
    """The drill with vendors for its roles. Raises Problem for a role that nobody has."""
    return {**drill, "steps": [_cast_step(step, roles, vendors) for step in drill["steps"]]}


def _cast_step(step: Mapping[str, Any], roles: Mapping[str, str], vendors: Sequence[str]) -> Mapping[str, Any]:
    role = step.get("vendor")
    if role is None or role in vendors or role not in {"primary", "secondary"}:
        return step
    if role not in roles:
        raise Problem("no_such_vendor", f"The drill needs a {role} vendor.", hint=f"Name one with --{role}.")
    return {**step, "vendor": roles[role]}


def _read(file: Path) -> dict[str, Any]:
    try:
        drill = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Problem("unreadable_file", f"{file}: {error}", hint="Name a readable file of YAML or JSON.") from error
    if not isinstance(drill, dict) or not isinstance(drill.get("steps"), list):
        raise Problem("unreadable_file", f"{file} is no script: it has no list of steps.", hint="See docs/chaos.md.")
    if not all(isinstance(step, dict) for step in drill["steps"]):
        raise Problem("unreadable_file", f"{file}: each step is an object.", hint="See docs/chaos.md.")
    return drill
